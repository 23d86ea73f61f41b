import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatIds, parseIds } from '../src/ids.js';
import {
  formatBytes,
  formatMoment,
  formatOffset,
  formatSpan,
  humanBytes,
  percent,
} from '../src/output/format.js';
import { fields, table } from '../src/output/table.js';
import { cutTo, displayWidth, padTo } from '../src/output/text.js';

describe('table', () => {
  const columns = [
    { title: 'NAME', cut: true },
    { title: 'SIZE', right: true },
  ] as const;

  test('pads columns to their widest cell, numbers on the left', () => {
    assert.deepEqual(
      table(columns, [
        ['a', '1'],
        ['a longer one', '12345'],
      ]).split('\n'),
      ['NAME           SIZE', 'a                 1', 'a longer one  12345'],
    );
  });

  test('counts wide characters as two columns', () => {
    assert.deepEqual(
      table(columns, [
        ['東京', '1'],
        ['e\u0301', '2'],
        ['ab', '3'],
      ]).split('\n'),
      ['NAME  SIZE', '東京     1', 'e\u0301        2', 'ab       3'],
    );
  });

  test('cuts only columns that may be cut', () => {
    const lines = table(columns, [['/a/very/long/path', '123456789']], 20).split('\n');
    assert.deepEqual(lines, ['NAME            SIZE', '/a/very/…  123456789']);
  });

  test('cuts nothing without a terminal', () => {
    assert.equal(table(columns, [['x'.repeat(300), '1']]).split('\n')[1], `${'x'.repeat(300)}     1`);
  });

  test('escapes control characters', () => {
    assert.equal(table([{ title: 'A' }], [['\u001b[2J\u202e']]), 'A\n\\u001b[2J\\u202e');
    assert.equal(fields([['A', '\u009bx']]), 'A  \\u009bx');
  });

  test('is not wider than the terminal if all columns may be cut', () => {
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
  test('aligns values and omits unknown ones', () => {
    const text = fields([
      ['Name', 'vm1'],
      ['Absent', undefined],
      ['Operating', 'x'],
    ]);
    assert.equal(text, 'Name       vm1\nOperating  x');
  });
});

test('cutTo and padTo count terminal columns', () => {
  assert.equal(cutTo('abcdef', 4), 'abc…');
  assert.equal(cutTo('abcd', 4), 'abcd');
  assert.equal(cutTo('東京都', 4), '東…');
  assert.equal(padTo('a', 3), 'a  ');
  assert.equal(padTo('a', 3, 'start'), '  a');
});

describe('output formats', () => {
  for (const [bytes, text] of [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1_048_575, '1.0 MiB'],
    [1_610_612_736, '1.5 GiB'],
    [2n ** 64n - 1n, '16.0 EiB'],
  ] as const) {
    test(`humanBytes returns ${text} for ${bytes}`, () => {
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
    test(`formatSpan returns ${text} for ${milliseconds}`, () =>
      assert.equal(formatSpan(milliseconds), text));
  }

  test('percent of nothing is unknown', () => {
    assert.equal(percent(1, 4), '25%');
    assert.equal(percent(1n, 0n), '-');
  });

  test('formatMoment and formatOffset', () => {
    assert.equal(formatMoment(0), '1970-01-01 00:00:00.000 UTC');
    assert.equal(formatMoment(1e300), '1e+300');
    assert.equal(formatOffset(-12_600), '-03:30');
    assert.equal(formatOffset(7200n), '+02:00');
  });
});

describe('parseIds', () => {
  test('parses what formatIds returns', () => {
    const ids = fc.uniqueArray(fc.nat(200), { minLength: 1 }).map((list) => list.sort((a, b) => a - b));
    fc.assert(fc.property(ids, (list) => assert.deepEqual(parseIds(formatIds(list)), list)));
    assert.equal(formatIds([1, 3, 4, 5, 7]), '1,3-5,7');
  });

  for (const text of ['', 'a', '1,', '5-3', '-1', '1-99999999', '1.5']) {
    test(`rejects "${text}"`, () => assert.throws(() => parseIds(text), { name: 'UsageError' }));
  }
});
