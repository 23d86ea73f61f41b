import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fakeAgent } from './support/fake-agent.js';
import { guestctl } from './support/guestctl.js';

const program = fileURLToPath(new URL('../../bin/guestctl.js', import.meta.url));
const packaging = new URL('../../../../packaging/', import.meta.url);

describe('the program guestctl', () => {
  test('reads standard input and sets its exit status', async () => {
    await using agent = await fakeAgent({ 'guest-x': '{"error": {"class": "GenericError", "desc": "no"}}' });
    const child = spawn(process.execPath, [program, 'call', 'guest-x', '-', '--to', agent.target]);
    child.stdin.end('{"a": 1}');
    const [err, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    assert.equal(err, 'guestctl: guest-x: no\n');
    assert.equal(status, 1);
    assert.deepEqual(agent.requests, ['{"execute": "guest-x", "arguments": {"a": 1}}']);
  });

  test('ends in peace when nobody reads its output', async () => {
    const much = JSON.stringify('x'.repeat(1_000_000));
    await using agent = await fakeAgent({ 'guest-x': `{"return": ${much}}` });
    const child = spawn(process.execPath, [program, 'call', 'guest-x', '--to', agent.target]);
    child.stdout.destroy();
    const [err, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    assert.equal(err, '');
    assert.equal(status, 0);
  });
});

describe('what is shipped with guestctl knows every command and flag', () => {
  const documented = async (): Promise<{ commands: string[]; flags: Set<string> }> => {
    const { out: help } = await guestctl(['--help']);
    const commands = Array.from(help.matchAll(/^ {2}guestctl ([a-z]+) /gm), ([, name = '']) => name);
    const pages = await Promise.all(commands.map((command) => guestctl([command, '--help'])));
    const text = [help, ...pages.map(({ out }) => out)].join('\n');
    return { commands, flags: new Set(text.match(/--[a-z][a-zA-Z-]+/g) ?? []) };
  };

  for (const file of [
    'man/guestctl.1',
    'completion/guestctl.bash',
    'completion/guestctl.zsh',
    'completion/guestctl.fish',
  ]) {
    test(file, async () => {
      const { commands, flags } = await documented();
      const page = readFileSync(new URL(file, packaging), 'utf8').replaceAll('\\-', '-');
      assert.ok(commands.length >= 3 && flags.has('--to'));
      const words = [
        ...commands,
        ...[...flags].map((flag) => (file.endsWith('.fish') ? flag.slice(2) : flag)),
      ];
      const absent = words.filter((word) => !new RegExp(`(?<![a-z-])${word}(?![a-z-])`).test(page));
      assert.deepEqual(absent, []);
    });
  }
});
