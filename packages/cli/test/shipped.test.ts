// What is shipped with guestctl knows every command and flag.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { guestctl } from './support/guestctl.js';

const packaging = new URL('../../../../packaging/', import.meta.url);
function shipped(file: string): string {
  return readFileSync(new URL(file, packaging), 'utf8');
}

/** The commands that a help lists. */
function listed(help: string, before: string): string[] {
  return Array.from(
    help.matchAll(new RegExp(`^ {2}guestctl ${before}([a-z]+)(?= |$)`, 'gm')),
    ([, name = '']) => name,
  );
}

async function documented(): Promise<{ commands: string[]; flags: Set<string> }> {
  const { out: help } = await guestctl(['--help']);
  const commands = listed(help, '');
  const pages = await Promise.all(
    commands.map(async (command) => {
      const { out } = await guestctl([command, '--help']);
      const inner = listed(out, `${command} `);
      const more = await Promise.all(inner.map((name) => guestctl([command, name, '--help'])));
      return [out, ...more.map((page) => page.out)].join('\n');
    }),
  );
  const text = [help, ...pages].join('\n');
  return { commands, flags: new Set(text.match(/--[a-z][a-zA-Z-]+/g) ?? []) };
}

describe('every command and flag is named by', () => {
  for (const file of [
    'man/guestctl.1',
    'completion/guestctl.bash',
    'completion/guestctl.zsh',
    'completion/guestctl.fish',
  ]) {
    test(file, async () => {
      const { commands, flags } = await documented();
      const page = shipped(file).replaceAll('\\-', '-');
      assert.ok(commands.length >= 25 && flags.has('--to') && flags.has('--crypted'));
      const words = [
        ...commands,
        ...[...flags].map((flag) => (file.endsWith('.fish') ? flag.slice(2) : flag)),
      ];
      const absent = words.filter((word) => !new RegExp(`(?<![a-z-])${word}(?![a-z-])`).test(page));
      assert.deepEqual(absent, []);
    });
  }
});

describe('the completion', () => {
  for (const shell of ['bash', 'fish', 'zsh']) {
    test(`for ${shell} is what guestctl prints`, async () => {
      const { status, out } = await guestctl(['completion', shell]);
      assert.equal(status, 0);
      assert.equal(out, shipped(`completion/guestctl.${shell}`));
    });
  }

  test('is there for three shells', async () => {
    const { status, err } = await guestctl(['completion', 'csh']);
    assert.equal(status, 2);
    assert.match(err, /"csh" is none of bash, fish, zsh/);
  });
});

describe('bash completes', () => {
  const script = fileURLToPath(new URL('completion/guestctl.bash', packaging));
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'guestctl-'));
    writeFileSync(join(folder, 'a-file'), '');
    // In the place of guestctl, which would have to be installed.
    const program = join(folder, 'guestctl');
    writeFileSync(program, '#!/bin/sh\nprintf "NAME  LEADS TO\\nvm1   unix:/a\\nweb   vm1, vm2\\n"\n');
    chmodSync(program, 0o755);
  });
  after(() => rmSync(folder, { recursive: true }));

  /** What may stand in the place of the last word. Words are as bash tells them apart: a colon is one. */
  const completed = (...words: readonly string[]): string[] => {
    const line = ['guestctl', ...words].map((word) => `'${word}'`).join(' ');
    const out = execFileSync(
      'bash',
      [
        '-c',
        `compopt() { :; }; source '${script}'; COMP_WORDS=(${line}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _guestctl; printf '%s\\n' "\${COMPREPLY[@]}"`,
      ],
      { encoding: 'utf8', cwd: folder, env: { PATH: `${folder}:/usr/bin:/bin` } },
    );
    return out.split('\n').filter((line) => line !== '');
  };

  test('commands', () => {
    assert.deepEqual(completed('re'), ['reboot']);
    assert.deepEqual(completed('keys', 're'), ['remove', 'replace']);
    assert.ok(completed('').includes('--version'));
  });

  test('flags of the command', () => {
    assert.deepEqual(completed('cpus', '--en'), ['--enable']);
    assert.deepEqual(completed('keys', 'add', '--pa'), ['--parallel']);
    assert.deepEqual(completed('ping', '--en'), []);
  });

  test('targets by name, and the ways to write one', () => {
    assert.deepEqual(completed('ping', '--to', 'v'), ['vm1', 'vsock:']);
    assert.deepEqual(completed('ping', '--to', 'w'), ['web']);
  });

  test('paths behind unix:', () => {
    assert.deepEqual(completed('ping', '--to', 'unix', ':', 'a-'), ['a-file']);
    assert.ok(completed('ping', '--to', 'unix', ':').includes('a-file'));
  });

  test('words that are one of a few', () => {
    assert.deepEqual(completed('suspend', 'h'), ['hybrid']);
    assert.deepEqual(completed('call', 'guest-get-lo'), ['guest-get-load']);
  });

  test('files where a file is meant', () => {
    assert.deepEqual(completed('keys', 'add', 'alice', 'a-'), ['a-file']);
  });
});
