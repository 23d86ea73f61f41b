import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { commandFlags } from '../support/command-flags.js';

const page = readFileSync(new URL('../../../../../packaging/man/guestctl.1', import.meta.url), 'utf8');

test('guestctl(1) names every command and flag', async () => {
  const flags = await commandFlags();
  const words = new Set([...flags.keys(), ...[...flags.values()].flat()].flatMap((word) => word.split(' ')));
  assert.ok(words.has('--to') && words.has('--crypted') && words.has('keys'));
  const text = page.replaceAll('\\-', '-');
  const absent = [...words].filter((word) => !new RegExp(`(?<![a-z-])${word}(?![a-z-])`).test(text));
  assert.deepEqual(absent, []);
});
