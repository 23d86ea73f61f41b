import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { OPTIONS as CHECK } from '../../../src/cli/commands/check.js';
import { OPTIONS as DOCS } from '../../../src/cli/commands/docs.js';
import { OPTIONS as GENERATE } from '../../../src/cli/commands/generate.js';
import { OPTIONS as INTROSPECT } from '../../../src/cli/commands/introspect.js';

const ALL = Object.entries({ ...CHECK, ...GENERATE, ...DOCS, ...INTROSPECT });

function packaging(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../../../../../packaging/${path}`, import.meta.url)), 'utf8');
}

test('qapi.1 describes every command and option', () => {
  const page = packaging('man/qapi.1').replaceAll('\\-', '-');
  for (const command of ['check', 'generate', 'docs', 'introspect', 'help']) {
    assert.match(page, new RegExp(`^\\.SS ${command}$`, 'm'));
  }
  const described = page.slice(page.indexOf('.SH OPTIONS'), page.indexOf('.SH JSON'));
  for (const [name, spec] of ALL) {
    assert.match(described, new RegExp(`^\\.BR? ?I? ?.*--${name}\\b`, 'm'));
    if ('short' in spec) assert.match(described, new RegExp(`^\\.BR -${spec.short} `, 'm'));
  }
});

for (const [shell, option] of [
  ['bash', (name: string) => `--${name}`],
  ['zsh', (name: string) => `--${name}`],
  ['fish', (name: string) => `-l ${name}`],
] as const) {
  test(`${shell} completion has every command and option of qapi`, () => {
    const script = packaging(`completion/qapi.${shell}`);
    for (const command of ['check', 'generate', 'docs', 'introspect', 'help']) {
      assert.ok(script.includes(command), command);
    }
    for (const [name] of ALL) assert.ok(script.includes(option(name)), name);
  });
}
