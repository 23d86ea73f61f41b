import assert from 'node:assert/strict';
import { chmodSync, chownSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { parsePolicy } from '../../../src/policy/parse-policy.js';
import type { Policy } from '../../../src/policy/policy.js';
import { ExecCommands, type ExecOptions } from '../../support/exec-commands.js';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.js';

const OTHER_USER = 65534;

describe('guest-exec with rules on programs', () => {
  let folder: TemporaryFolder;
  let commands: ExecCommands;
  let policy: { current: Policy | undefined };

  beforeEach(() => {
    folder = temporaryFolder();
    policy = { current: undefined };
    commands = new ExecCommands({ policy, env: { PATH: `${folder.path}:/usr/bin:/bin`, INHERITED: 'yes' } });
  });

  afterEach(() => {
    commands[Symbol.dispose]();
    folder[Symbol.dispose]();
  });

  const rules = (...lines: string[]): void => {
    const text = ['[commands]', 'preset=unrestricted', '[programs]', ...lines].join('\n');
    const parsed = parsePolicy(text, '/p');
    assert.deepEqual(parsed.problems, []);
    policy.current = parsed.policy;
  };
  const output = async (path: string, options: ExecOptions = {}): Promise<string | undefined> => {
    const { out, err } = await commands.run(path, { capture: true, ...options });
    return out ?? err;
  };
  const refused = (rule: string | RegExp) => (error: unknown) => {
    assert.ok(error instanceof Error);
    if (typeof rule === 'string') assert.equal(error.message, `refused by the policy: ${rule}`);
    else assert.match(error.message, rule);
    return true;
  };
  const script = (path: string, ...lines: string[]): void => {
    writeFileSync(path, lines.join('\n'), { mode: 0o755 });
  };

  it('runs what a rule allows, also through PATH and links, and names the rule otherwise', async () => {
    rules('allow=/usr/bin/printf', 'allow=["/usr/bin/uname","-s"]', 'deny=/usr/bin/env');
    assert.equal(await output('/usr/bin/printf', { arg: ['%s', 'x'] }), 'x');
    assert.equal(await output('printf', { arg: ['y'] }), 'y');
    symlinkSync('/usr/bin/printf', folder.file('link'));
    assert.equal(await output(folder.file('link'), { arg: ['z'] }), 'z');
    assert.equal(await output('uname', { arg: ['-s'] }), 'Linux\n');
    await assert.rejects(
      output('uname', { arg: ['-a'] }),
      refused('no rule of /p allows to execute /usr/bin/uname -a'),
    );
    await assert.rejects(output('env', { arg: ['printf'] }), refused('line 6 of /p: deny = /usr/bin/env'));
    symlinkSync('/usr/bin/env', folder.file('uptime'));
    await assert.rejects(output('uptime'), refused('line 6 of /p: deny = /usr/bin/env'));
  });

  it('denies what a rule names through a link, by the link and by its target', async () => {
    mkdirSync(folder.file('own'));
    copyFileSync('/usr/bin/printf', folder.file('own/real'));
    symlinkSync('real', folder.file('own/link'));
    symlinkSync('own', folder.file('alias'));
    for (const [pattern, name] of [
      [`${folder.path}/own/link`, 'link'],
      [`${folder.path}/own/link`, 'real'],
      [`${folder.path}/own/li*`, 'link'],
      [`${folder.path}/alias/real`, 'real'],
      [`${folder.path}/alias/r*`, 'link'],
    ]) {
      rules(`allow=${folder.path}/**`, `deny=${pattern}`);
      await assert.rejects(output(folder.file(`own/${name}`)), refused(`line 5 of /p: deny = ${pattern}`));
    }
    rules(`allow=${folder.path}/**`, `deny=["${folder.path}/own/link","x"]`);
    assert.equal(await output(folder.file('own/link'), { arg: ['y'] }), 'y');
    await assert.rejects(output(folder.file('own/real'), { arg: ['x'] }), refused(/line 5 of \/p: deny = /));
  });

  it('tells neither whether a file that no rule allows exists, nor where a link leads', async () => {
    rules('allow=/usr/bin/printf', `allow=${folder.path}/own/*`);
    symlinkSync('/usr/bin/env', folder.file('link'));
    writeFileSync(folder.file('file'), '');
    for (const name of ['link', 'file', 'absent', 'file/below']) {
      const path = folder.file(name);
      await assert.rejects(
        output(path, { arg: ['x'] }),
        refused(`no rule of /p allows to execute ${path} x`),
      );
    }
    await assert.rejects(output(folder.file('own/absent')), /No such file or directory/);
    await assert.rejects(output('absent-program'), /No such file or directory/);
  });

  it('gives a program its resolved path as its name', async () => {
    rules('allow=/**');
    script(folder.file('name'), '#!/bin/sh', 'printf %s "$0"');
    symlinkSync('name', folder.file('alias'));
    assert.equal(await output(folder.file('alias')), folder.file('name'));
    copyFileSync('/bin/sh', folder.file('shell'));
    symlinkSync('shell', folder.file('other'));
    assert.equal(await output(folder.file('other'), { arg: ['-c', 'printf %s "$0"'] }), folder.file('shell'));
  });

  it('passes on the environment of the agent, and refuses variables of the host without a rule', async () => {
    rules('allow=/usr/bin/printenv', 'env=LANG');
    assert.equal(await output('printenv', { arg: ['INHERITED'] }), 'yes\n');
    assert.equal(await output('/usr/bin/printenv', { env: ['LANG=C'] }), 'LANG=C\n');
    await assert.rejects(
      output('/usr/bin/printenv', { env: ['LANG=C', 'secret'] }),
      refused('an entry of env is not NAME=value'),
    );
    for (const entry of ['LD_PRELOAD=/x.so', 'PATH=/x', 'lang=C', '=x']) {
      const [name] = entry.split('=');
      await assert.rejects(
        output('/usr/bin/printenv', { env: ['LANG=C', entry] }),
        refused(`no rule of /p allows to set the environment variable ${name}`),
      );
    }
  });

  it('runs the program that was checked although its owner can replace it', async () => {
    rules(`allow=${folder.path}/own/*`);
    mkdirSync(folder.file('own'));
    copyFileSync('/usr/bin/printf', folder.file('own/program'));
    chmodSync(folder.file('own/program'), 0o755);
    chownSync(folder.file('own'), OTHER_USER, OTHER_USER);
    assert.equal(await output(folder.file('own/program'), { arg: ['checked'] }), 'checked');
  });

  it('refuses a script that another user could replace, since its interpreter opens it again', async () => {
    rules(`allow=${folder.path}/**`);
    mkdirSync(folder.file('own'));
    script(folder.file('own/script'), '#!/bin/sh', 'echo run');
    assert.equal(await output(folder.file('own/script')), 'run\n');
    chownSync(folder.file('own'), OTHER_USER, OTHER_USER);
    await assert.rejects(
      output(folder.file('own/script')),
      refused(
        `${folder.path}/own/script is a script that another user could replace: ${folder.path}/own belongs to user ${OTHER_USER}`,
      ),
    );
    chownSync(folder.file('own'), 0, 0);
    chmodSync(folder.file('own'), 0o777);
    await assert.rejects(output(folder.file('own/script')), refused(/own can be written by other users$/));
    chmodSync(folder.file('own'), 0o1777);
    assert.equal(await output(folder.file('own/script')), 'run\n');
    chmodSync(folder.file('own/script'), 0o777);
    await assert.rejects(output(folder.file('own/script')), refused(/script can be written by other users$/));
  });

  it('refuses a folder, and runs a script without an interpreter by the shell', async () => {
    rules(`allow=${folder.path}/**`);
    mkdirSync(folder.file('folder'));
    await assert.rejects(
      output(folder.file('folder')),
      refused(`${folder.path}/folder is not a regular file`),
    );
    script(folder.file('plain'), 'echo plain');
    assert.equal(await output(folder.file('plain')), 'plain\n');
  });
});
