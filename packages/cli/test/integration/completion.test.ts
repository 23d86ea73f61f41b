import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { commandFlags } from '../support/command-flags.js';
import { guestctl } from '../support/guestctl.js';

function script(shell: string): string {
  return fileURLToPath(new URL(`../../../../../packaging/completion/guestctl.${shell}`, import.meta.url));
}

const folder = mkdtempSync(join(tmpdir(), 'guestctl-'));

before(() => {
  writeFileSync(join(folder, 'a-file'), '');
  mkdirSync(join(folder, 'guestwire'));
  const targets = { vm1: 'unix:/a', web: ['vm1', 'vm2'] };
  writeFileSync(join(folder, 'guestwire/targets.json'), JSON.stringify(targets));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const program = fileURLToPath(new URL('../../../bin/guestctl.js', import.meta.url));
  writeFileSync(join(bin, 'guestctl'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  writeFileSync(join(bin, 'virsh'), '#!/bin/sh\necho db\necho desktop\n');
  writeFileSync(join(bin, 'snapshot-tool'), '');
  for (const name of ['guestctl', 'virsh', 'snapshot-tool']) chmodSync(join(bin, name), 0o755);
});
after(() => rmSync(folder, { recursive: true }));

/** The lines that the shells get for a command line of these words. */
async function proposed(...words: readonly string[]): Promise<string[]> {
  const { status, out } = await guestctl(['__complete', '--', ...words], {
    env: { XDG_CONFIG_HOME: folder },
  });
  assert.equal(status, 0);
  return out.split('\n').filter((line) => line !== '');
}

async function words(...typed: readonly string[]): Promise<string[]> {
  return (await proposed(...typed)).map((line) => line.split('\t', 1).join(''));
}

describe('guestctl __complete', () => {
  test('proposes every command and every flag of it', async () => {
    for (const [command, flags] of await commandFlags()) {
      const names = command.split(' ');
      assert.ok((await words(...names)).includes(names.at(-1) ?? ''), command);
      const known = await words(...names, '-');
      assert.deepEqual(
        flags.filter((flag) => !known.includes(flag)),
        [],
        command,
      );
    }
  });

  test('describes commands, flags and targets', async () => {
    assert.deepEqual(await proposed('reb'), ['reboot\tReboot the guest']);
    assert.deepEqual(await proposed('cpus', '--js'), ['--json\tPrint JSON']);
    assert.deepEqual(await proposed('ping', '--to', 'w'), ['web\tvm1, vm2']);
  });

  test('proposes --help everywhere and --version as the first word', async () => {
    assert.deepEqual(await words('--'), ['--help', '--version']);
    assert.deepEqual(await words('keys', '--'), ['--help']);
    assert.deepEqual(await words('thaw', '--h'), ['--help']);
  });

  test('proposes the short and the negated form of a flag', async () => {
    assert.deepEqual(
      (await words('exec', '-')).filter((word) => /^-e$|^-i$|input/.test(word)),
      ['-e', '--input', '-i', '--no-input'],
    );
  });

  test('proposes no flags after --, nor for the value of a flag', async () => {
    assert.deepEqual(await words('exec', '--', '-'), []);
    assert.deepEqual(await words('exec', '-e', '-'), []);
    assert.deepEqual(await words('exec', '-e', 'A=b', '--js'), ['--json']);
  });

  test('proposes nothing after an unknown command', async () => {
    assert.deepEqual(await words('bogus', ''), []);
  });

  test('proposes values of fixed choices by position', async () => {
    assert.deepEqual(await words('suspend', ''), ['disk', 'ram', 'hybrid']);
    assert.deepEqual(await words('suspend', 'disk', ''), []);
    assert.deepEqual(await words('wait', '--timeout', '5', 'p'), ['process']);
  });

  test('completes the value of --to= in the same word', async () => {
    assert.deepEqual(await words('ping', '--to=w'), ['--to=web']);
    assert.deepEqual(await proposed('ping', '--to=unix:/r'), [':files --to=unix:']);
  });

  test('proposes only schemes when the targets file cannot be read', async () => {
    const { status, out, err } = await guestctl(['__complete', '--', 'ping', '--to', ''], { env: {} });
    assert.equal(status, 0);
    assert.equal(err, '');
    assert.match(out, /^unix:\t/);
  });

  test('leaves local paths to the shell, and proposes none in the guest', async () => {
    assert.deepEqual(await proposed('cp', './'), [':files ']);
    assert.deepEqual(await proposed('cp', 'guest:/'), []);
    assert.deepEqual(await proposed('cat', '/'), []);
  });
});

describe('guestctl completion', () => {
  for (const shell of ['bash', 'fish', 'zsh']) {
    test(`${shell} prints packaging/completion/guestctl.${shell}`, async () => {
      const { status, out } = await guestctl(['completion', shell]);
      assert.equal(status, 0);
      assert.equal(out, readFileSync(script(shell), 'utf8'));
    });
  }

  test('rejects an unknown shell', async () => {
    const { status, err } = await guestctl(['completion', 'csh']);
    assert.equal(status, 2);
    assert.match(err, /"csh" is not one of bash, fish, zsh/);
  });
});

/** Runs code in a shell and returns the lines that it prints. */
function run(shell: string, args: readonly string[], code: string): string[] {
  const path = `${join(folder, 'bin')}:/usr/bin:/bin`;
  const env = { PATH: path, HOME: folder, XDG_CONFIG_HOME: folder, TERM: 'xterm' };
  const out = execFileSync(shell, [...args, '-c', code], { encoding: 'utf8', cwd: folder, env });
  return out.split('\n').filter((line) => line !== '');
}

/** Words are as bash splits them: a colon is one. */
function bash(...typed: readonly string[]): string[] {
  const line = ['guestctl', ...typed].map((word) => `'${word}'`).join(' ');
  return run(
    'bash',
    [],
    `compopt() { :; }; source '${script('bash')}'; COMP_WORDS=(${line}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
     COMP_LINE='${typed.join(' ')}'; _guestctl; printf '%s\\n' "\${COMPREPLY[@]}"`,
  );
}

function fish(line: string): string[] {
  return run('fish', ['--no-config'], `source '${script('fish')}'; complete -C 'guestctl ${line}'`);
}

/** Types each line and the tab key into an interactive zsh, and returns what zsh makes of the lines. */
function zsh(lines: readonly string[]): string[] {
  writeFileSync(join(folder, '_guestctl'), readFileSync(script('zsh')));
  const init = [
    `fpath=('${folder}' $fpath)`,
    'autoload -U compinit; compinit -D -u; unsetopt beep',
    'report() { print -r -- "<<$BUFFER>>" }; zle -N report; bindkey "^X" report',
    "print RE''ADY",
  ];
  writeFileSync(join(folder, 'init.zsh'), init.join('\n'));
  const code = `
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell "source '${folder}/init.zsh'"
    zpty -r shell output '*READY*'
    for line in ${lines.map((line) => `'${line}'`).join(' ')}; do
      zpty -n -w shell "guestctl $line"$'\\t\\x18'
      zpty -r shell output '*<<*>>*'
      print -r -- "\${\${output##*<<}%%>>*}|"
      zpty -n -w shell $'\\x15'
    done`;
  return run('zsh', ['-f'], code).map((line) => line.replace(/^guestctl (.*)\|$/, '$1'));
}

function isMissing(shell: string): string | false {
  return spawnSync(shell, ['-c', 'true']).error === undefined
    ? false
    : `the completion of ${shell}: install the Debian package ${shell}`;
}

describe('the completion script for bash', () => {
  test('completes commands and flags', () => {
    assert.deepEqual(bash('re'), ['reboot']);
    assert.deepEqual(bash('keys', 're'), ['remove', 'replace']);
    assert.ok(bash('').includes('--version'));
    assert.deepEqual(bash('cpus', '--en'), ['--enable']);
    assert.deepEqual(bash('keys', 'add', '--pa'), ['--parallel']);
    assert.deepEqual(bash('ping', '--en'), []);
  });

  test('completes target names and schemes', () => {
    assert.deepEqual(bash('ping', '--to', 'v'), ['vm1', 'vsock:']);
    assert.deepEqual(bash('ping', '--to', 'w'), ['web']);
    assert.deepEqual(bash('ping', '--to', '=', 'w'), ['web']);
    assert.deepEqual(bash('ping', '--to', 'libvirt', ':', 'de'), ['desktop']);
  });

  test('completes paths after unix:', () => {
    assert.deepEqual(bash('ping', '--to', 'unix', ':', 'a-'), ['a-file']);
    assert.ok(bash('ping', '--to', 'unix', ':').includes('a-file'));
  });

  test('completes fixed choices and commands of the agent', () => {
    assert.deepEqual(bash('suspend', 'h'), ['hybrid']);
    assert.deepEqual(bash('call', 'guest-get-lo'), ['guest-get-load']);
  });

  test('completes local files and programs', () => {
    assert.deepEqual(bash('keys', 'add', 'alice', 'a-'), ['a-file']);
    assert.deepEqual(bash('freeze', '--', 'snapshot-t'), ['snapshot-tool']);
  });
});

describe('the completion script for fish', { skip: isMissing('fish') }, () => {
  for (const [line, completed] of [
    ['reb', ['reboot\tReboot the guest']],
    ['cpus --en', ['--enable\tSet CPUs online']],
    ['ping --to w', ['web\tvm1, vm2']],
    ['ping --to libvirt:de', ['libvirt:desktop']],
    ['ping --to unix:a-', ['unix:a-file']],
    ['suspend h', ['hybrid']],
    ['call guest-get-lo', ['guest-get-load']],
    ['keys add alice a-', ['a-file']],
  ] as const) {
    test(`completes ${line}`, () => assert.deepEqual(fish(line), completed));
  }

  test('completes programs of this host', () => {
    assert.match(fish('freeze -- snapshot-t').join(), /^snapshot-tool\b/);
  });
});

describe('the completion script for zsh', { skip: isMissing('zsh') }, () => {
  const cases = {
    reb: 'reboot ',
    'cpus --en': 'cpus --enable ',
    'ping --to we': 'ping --to web ',
    'ping --to vs': 'ping --to vsock:',
    'ping --to libvirt:de': 'ping --to libvirt:desktop ',
    'ping --to unix:a-': 'ping --to unix:a-file ',
    'suspend h': 'suspend hybrid ',
    'call guest-get-lo': 'call guest-get-load ',
    'keys add alice a-': 'keys add alice a-file ',
    'freeze -- snapshot-t': 'freeze -- snapshot-tool ',
  };
  let completed: readonly string[] = [];
  before(() => {
    completed = zsh(Object.keys(cases));
  });
  for (const [index, [line, expected]] of Object.entries(cases).entries()) {
    test(`completes ${line}`, () => assert.equal(completed[index], expected));
  }
});
