import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOsRelease } from '../../../src/guest/system/os-release.js';

const KEYS = ['ID', 'NAME', 'NAME[de_DE@euro]'];

function parse(text: string) {
  const told = parseOsRelease(Buffer.from(text));
  return Object.fromEntries(KEYS.flatMap((key) => (told(key) === undefined ? [] : [[key, told(key)]])));
}

/** The values of qemu-ga 10.0.13, except for the last, which it reads incorrectly. */
const values: readonly (readonly [written: string, read: string])[] = [
  ['debian', 'debian'],
  ['', ''],
  ['""', ''],
  ['"Debian GNU/Linux"', 'Debian GNU/Linux'],
  ['Debian GNU/Linux', 'Debian'],
  ["'Foo Bar'", "'Foo"],
  ["'Foo'", "'Foo'"],
  ['a;b c', 'a'],
  ['a b;c', 'a'],
  ['"a;b c"', 'a;b c'],
  ['"q"uote', 'q'],
  ['"x\\$y \\"q\\" \\` \\\' \\\\"', 'x$y "q" ` \' \\'],
  ['"a\\b"', 'a\\b'],
  ['p\\tq', 'p\\tq'],
  ['   spaced', 'spaced'],
  ['"12', '12'],
];

for (const [written, read] of values) {
  test(`parseOsRelease reads the value ${written} as ${JSON.stringify(read)}`, () => {
    assert.deepEqual(parse(`NAME=${written}\nID=x\n`), { NAME: read, ID: 'x' });
  });
}

test('parseOsRelease uses the last value of a repeated key', () => {
  assert.deepEqual(parse('ID=a\nID=b\n'), { ID: 'b' });
});

test('parseOsRelease ignores comments, empty lines and other groups', () => {
  assert.deepEqual(parse('# c\n\n  # c\nID=a\n[other]\nID=b\n[os-release]\nNAME=n\n'), {
    ID: 'a',
    NAME: 'n',
  });
});

test('parseOsRelease treats a translated name as a separate key', () => {
  assert.deepEqual(parse('NAME[de_DE@euro]=x\nNAME=y\n'), { NAME: 'y', 'NAME[de_DE@euro]': 'x' });
});

test('parseOsRelease ends at a NUL', () => {
  assert.deepEqual(parse('ID=a\0b\nNAME=n'), { ID: 'a' });
});

for (const line of ['bad', '=x', 'NAME[de=x', 'NA]ME=x', '[]']) {
  test(`parseOsRelease rejects the line ${line}`, () => {
    assert.throws(() => parse(`ID=a\n${line}\n`), SyntaxError);
  });
}

test('parseOsRelease rejects text that is not UTF-8', () => {
  assert.throws(() => parseOsRelease(Buffer.from('ID=\xe4\n', 'latin1')), TypeError);
});
