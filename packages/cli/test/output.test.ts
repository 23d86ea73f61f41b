import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatIds, parseIds } from '../src/ids.js';
import { fields, table } from '../src/output/table.js';
import { formatMoment, formatOffset } from '../src/output/time.js';
import { formatBytes, formatSpan, humanBytes, percent } from '../src/output/units.js';
import { cutTo, displayWidth, padTo } from '../src/output/width.js';

describe('a table', () => {
  const columns = [
    { title: 'NAME', cut: true },
    { title: 'SIZE', right: true },
  ] as const;

  test('has columns as wide as their widest cells, numbers to the right', () => {
    assert.deepEqual(
      table(columns, [
        ['a', '1'],
        ['a longer one', '12345'],
      ]).split('\n'),
      ['NAME           SIZE', 'a                 1', 'a longer one  12345'],
    );
  });

  test('counts characters of two columns as two', () => {
    assert.deepEqual(
      table(columns, [
        ['東京', '1'],
        ['e\u0301', '2'],
        ['ab', '3'],
      ]).split('\n'),
      ['NAME  SIZE', '東京     1', 'e\u0301        2', 'ab       3'],
    );
  });

  test('cuts what may be cut to fit its terminal, and no number', () => {
    const lines = table(columns, [['/a/very/long/path', '123456789']], 20).split('\n');
    assert.deepEqual(lines, ['NAME            SIZE', '/a/very/…  123456789']);
  });

  test('stays as it is without a terminal', () => {
    assert.equal(table(columns, [['x'.repeat(300), '1']]).split('\n')[1], `${'x'.repeat(300)}     1`);
  });

  test('shows what a guest would have a terminal do', () => {
    assert.equal(table([{ title: 'A' }], [['\u001b[2J\u202e']]), 'A\n\\u001b[2J\\u202e');
    assert.equal(fields([['A', '\u009bx']]), 'A  \\u009bx');
  });

  test('is never wider than its terminal where all columns may be cut', () => {
    const cells = fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string()), { maxLength: 5 });
    fc.assert(
      fc.property(cells, fc.integer({ min: 20, max: 60 }), (rows, width) => {
        const both = [
          { title: 'A', cut: true },
          { title: 'B', cut: true },
        ] as const;
        for (const line of table(both, rows, width).split('\n')) assert.ok(displayWidth(line) <= width);
      }),
    );
  });
});

describe('fields', () => {
  test('stand under one another, without those that are not known', () => {
    const text = fields([
      ['Name', 'vm1'],
      ['Absent', undefined],
      ['Operating', 'x'],
    ]);
    assert.equal(text, 'Name       vm1\nOperating  x');
  });
});

test('a text is cut to columns with a sign that it was, and filled up to them', () => {
  assert.equal(cutTo('abcdef', 4), 'abc…');
  assert.equal(cutTo('abcd', 4), 'abcd');
  assert.equal(cutTo('東京都', 4), '東…');
  assert.equal(padTo('a', 3), 'a  ');
  assert.equal(padTo('a', 3, 'start'), '  a');
});

describe('numbers for people', () => {
  for (const [bytes, text] of [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1_048_575, '1.0 MiB'],
    [1_610_612_736, '1.5 GiB'],
    [2n ** 64n - 1n, '16.0 EiB'],
  ] as const) {
    test(`${bytes} bytes are ${text}, and exact for a program`, () => {
      assert.equal(humanBytes(bytes), text);
      assert.equal(formatBytes(bytes, true), text);
      assert.equal(formatBytes(bytes, false), String(bytes));
    });
  }

  for (const [milliseconds, text] of [
    [0.25, '0.3 ms'],
    [420, '420 ms'],
    [3200, '3.2 s'],
    [250_000, '4 min 10 s'],
    [3_600_000, '1 h'],
    [11_100_000, '3 h 5 min'],
    [1_051_200_000, '12 d 4 h'],
  ] as const) {
    test(`${milliseconds} ms are ${text}`, () => assert.equal(formatSpan(milliseconds), text));
  }

  test('a share of nothing is not known', () => {
    assert.equal(percent(1, 4), '25%');
    assert.equal(percent(1n, 0n), '-');
  });

  test('a moment and an offset', () => {
    assert.equal(formatMoment(0), '1970-01-01 00:00:00.000 UTC');
    assert.equal(formatMoment(1e300), '1e+300');
    assert.equal(formatOffset(-12_600), '-03:30');
    assert.equal(formatOffset(7200n), '+02:00');
  });
});

describe('a list of numbers', () => {
  test('is written and read the same way', () => {
    const ids = fc.uniqueArray(fc.nat(200), { minLength: 1 }).map((list) => list.sort((a, b) => a - b));
    fc.assert(fc.property(ids, (list) => assert.deepEqual(parseIds(formatIds(list)), list)));
    assert.equal(formatIds([1, 3, 4, 5, 7]), '1,3-5,7');
  });

  for (const text of ['', 'a', '1,', '5-3', '-1', '1-99999999', '1.5']) {
    test(`is not "${text}"`, () => assert.throws(() => parseIds(text), { name: 'UsageError' }));
  }
});
