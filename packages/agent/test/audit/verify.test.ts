import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { GENESIS, hashOf } from '../../src/audit/chain.js';
import { verify } from '../../src/audit/verify.js';
import { chainOf, numberedEntry } from '../support/audit-lines.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const COMPLETE = chainOf([1, 2, 3, 4, 5].map(numberedEntry));
const LAST = hashOf(COMPLETE[4] ?? '');

/** Verifies files with these contents; their names in the result are `0`, `1` and so on. */
function verifyTexts(...texts: string[]) {
  using folder = temporaryFolder();
  const files = texts.map((text, index) => {
    writeFileSync(folder.file(`${index}`), text);
    return folder.file(`${index}`);
  });
  const result = verify(files);
  return result.ok ? result : { ...result, file: String(files.indexOf(result.file)) };
}

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

test('verify returns the number of entries and the last hash of a complete chain', () => {
  assert.deepEqual(verifyTexts(text(COMPLETE)), { ok: true, entries: 5, continues: undefined, last: LAST });
  assert.deepEqual(verifyTexts(''), { ok: true, entries: 0, continues: undefined, last: GENESIS });
});

test('verify follows a chain through several files, and names the log that the first one continues', () => {
  const [one = '', two = ''] = COMPLETE;
  const files = [text([one]), '', text([two]), text(COMPLETE.slice(2))];
  assert.deepEqual(verifyTexts(...files), { ok: true, entries: 5, continues: undefined, last: LAST });
  assert.deepEqual(verifyTexts(...files.slice(2)), {
    ok: true,
    entries: 4,
    continues: hashOf(one),
    last: LAST,
  });
  assert.deepEqual(verifyTexts(text([two]), text([one])), {
    ok: false,
    file: '1',
    line: 1,
    reason: 'it does not follow the line before: a line was changed, removed or inserted',
  });
});

test('verify finds each changed byte that is not in the last line', () => {
  const bytes = Buffer.from(text(COMPLETE));
  const end = text(COMPLETE.slice(0, 4)).length;
  for (let at = 0; at < end; at += 7) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(verifyTexts(changed.toString('latin1')).ok, false, `byte ${at}`);
  }
});

test('verify finds lines that were removed, inserted or exchanged', () => {
  const [one = '', two = '', three = '', ...rest] = COMPLETE;
  for (const [lines, line] of [
    [[one, three, ...rest], 2],
    [[one, one, two, three, ...rest], 2],
    [[one, three, two, ...rest], 2],
    [[one, two, '{}', three, ...rest], 3],
    [[one, two, '', three, ...rest], 3],
    [[one, two, 'garbage'], 3],
  ] as const) {
    const result = verifyTexts(text(lines));
    assert.deepEqual([result.ok, result.ok || result.line], [false, line]);
  }
});

test('verify accepts an incomplete line only before the entry that mentions it', () => {
  const [one = '', two = ''] = COMPLETE;
  const incomplete = two.slice(0, 30);
  const truncated = { event: 'truncated', after: hashOf(one) } as const;
  const after = chainOf([truncated, numberedEntry(3)], hashOf(incomplete));
  const whole = verifyTexts(text([one, incomplete, ...after]));
  assert.deepEqual(whole, { ok: true, entries: 3, continues: undefined, last: hashOf(after[1] ?? '') });
  const broken = { ok: false, file: '0', line: 2, reason: 'it is not a complete entry of an audit log' };
  assert.deepEqual(verifyTexts(text([one, incomplete, two])), broken);
  assert.deepEqual(verifyTexts(text([one, incomplete.slice(1), ...after])), broken);
  assert.deepEqual(verifyTexts(`${text([one])}${incomplete}`), broken);
  // A line before the incomplete one is missing.
  const other = chainOf([{ ...truncated, after: LAST }], hashOf(incomplete));
  assert.equal(verifyTexts(text([one, incomplete, ...other])).ok, false);
});

test('verify refuses an endless line without keeping it', () => {
  const result = verifyTexts(`${text(COMPLETE)}${'x'.repeat(3_000_000)}`);
  assert.deepEqual([result.ok, result.ok || result.line], [false, 6]);
});
