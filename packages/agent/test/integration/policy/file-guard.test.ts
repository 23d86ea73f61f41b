import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { FileGuard } from '../../../src/policy/file-guard.js';
import { parsePolicy } from '../../../src/policy/parse-policy.js';
import type { Policy } from '../../../src/policy/policy.js';
import { presetPolicy } from '../../../src/policy/rule-set.js';
import { FileCommands } from '../../support/file-commands.js';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.js';

describe('guest-file-open with rules on files', () => {
  let folder: TemporaryFolder;
  let files: FileCommands;
  let policy: { current: Policy | undefined };

  beforeEach(() => {
    folder = temporaryFolder();
    policy = { current: undefined };
    files = new FileCommands({ policy });
    for (const name of ['read', 'write', 'out']) mkdirSync(folder.file(name));
    writeFileSync(folder.file('read/a.log'), 'a');
    writeFileSync(folder.file('read/secret.log'), 'secret');
    writeFileSync(folder.file('out/x'), 'outside');
    rules(`read=${folder.path}/read/**`, `deny=${folder.path}/read/secret*`, `write=${folder.path}/write/**`);
  });

  afterEach(async () => {
    await files[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  const rules = (...lines: string[]): void => {
    const text = ['[commands]', 'preset=unrestricted', '[files]', ...lines].join('\n');
    const parsed = parsePolicy(text, '/p');
    assert.deepEqual(parsed.problems, []);
    policy.current = parsed.policy;
  };
  const read = async (path: string, mode = 'r'): Promise<string> => {
    const handle = await files.open(path, mode);
    const { text } = await files.read(handle);
    await files.close(handle);
    return text;
  };
  const write = async (path: string, text: string, mode = 'w'): Promise<void> => {
    const handle = await files.open(path, mode);
    await files.write(handle, text);
    await files.close(handle);
  };
  const refused = (rule: string | RegExp) => (error: unknown) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, /^failed to open file '.*' \(mode: '.*'\): refused by the policy: /);
    if (typeof rule === 'string') assert.ok(error.message.endsWith(`: ${rule}`), error.message);
    else assert.match(error.message, rule);
    return true;
  };

  it('opens what a rule allows, and names the rule or its absence otherwise', async () => {
    assert.equal(await read(folder.file('read/a.log')), 'a');
    assert.equal(await read(`${folder.path}//read/./a.log`), 'a');
    await write(folder.file('write/new'), 'text');
    assert.equal(readFileSync(folder.file('write/new'), 'utf8'), 'text');
    await assert.rejects(
      read(folder.file('read/secret.log')),
      refused(`line 5 of /p: deny = ${folder.path}/read/secret*`),
    );
    await assert.rejects(
      read(folder.file('out/x')),
      refused(`no rule of /p allows to read ${folder.path}/out/x`),
    );
    await assert.rejects(
      write(folder.file('read/a.log'), ''),
      refused(`no rule of /p allows to write ${folder.path}/read/a.log`),
    );
    assert.equal(readFileSync(folder.file('read/a.log'), 'utf8'), 'a');
  });

  it('creates a file with mode 0666 whatever the umask, and truncates or extends an existing one', async () => {
    const path = folder.file('write/new');
    await write(path, 'first');
    assert.equal(statSync(path).mode & 0o777, 0o666);
    await write(path, 'two', 'a');
    assert.equal(readFileSync(path, 'utf8'), 'firsttwo');
    await write(path, 'x');
    assert.equal(readFileSync(path, 'utf8'), 'x');
  });

  it('needs both rules for a mode that reads and writes', async () => {
    writeFileSync(folder.file('write/f'), 'f');
    await assert.rejects(files.open(folder.file('write/f'), 'r+'), refused(/no rule of \/p allows to read /));
    rules(`read=${folder.path}/**`, `write=${folder.path}/write/**`);
    assert.equal(await read(folder.file('write/f'), 'r+'), 'f');
    await assert.rejects(files.open(folder.file('out/x'), 'r+'), refused(/allows to write /));
  });

  it('follows links that stay in the folder of a rule, and decides about their targets', async () => {
    symlinkSync('a.log', folder.file('read/link'));
    symlinkSync('secret.log', folder.file('read/hidden'));
    assert.equal(await read(folder.file('read/link')), 'a');
    await assert.rejects(read(folder.file('read/hidden')), refused(/line 5 of \/p: deny = /));
  });

  it('names the path of the request in a refusal, not where its link leads, and the same if there is no file', async () => {
    mkdirSync(folder.file('read/private'));
    writeFileSync(folder.file('read/private/x'), 'x');
    symlinkSync('private/x', folder.file('read/link.log'));
    symlinkSync('private', folder.file('read/folder'));
    symlinkSync('../out', folder.file('read/leaves'));
    mkdirSync(folder.file('write/private'));
    symlinkSync('private', folder.file('write/folder'));
    rules(`read=${folder.path}/read/*.log`, `write=${folder.path}/write/*`);
    for (const path of [
      'read/link.log',
      'read/folder/x',
      'read/folder/absent',
      'read/leaves/x',
      'read/none/x',
    ]) {
      await assert.rejects(
        read(folder.file(path)),
        refused(`no rule of /p allows to read ${folder.file(path)}`),
      );
    }
    const written = `${folder.path}/./write//folder/new`;
    await assert.rejects(write(written, 'x'), refused(`no rule of /p allows to write ${written}`));
    linkSync(folder.file('out/x'), folder.file('write/private/hard'));
    symlinkSync('private/hard', folder.file('write/linked'));
    rules(`write=${folder.path}/write/**`);
    for (const [path, problem] of [
      [folder.file('write/folder'), 'is not a regular file'],
      [folder.file('write/linked'), 'has 2 hard links, and hard-links is not true'],
    ] as const) {
      await assert.rejects(write(path, ''), refused(`${path} ${problem}`));
    }
  });

  it('refuses links and .. that leave the folder of a rule', async () => {
    symlinkSync('../out/x', folder.file('read/relative'));
    symlinkSync(folder.file('out'), folder.file('read/absolute'));
    symlinkSync('../out', folder.file('write/folder'));
    symlinkSync('../out/new', folder.file('write/dangling'));
    const leaves = /leaves .* through a link$/;
    await assert.rejects(read(folder.file('read/relative')), refused(leaves));
    await assert.rejects(read(folder.file('read/absolute/x')), refused(leaves));
    await assert.rejects(write(folder.file('write/folder/new'), ''), refused(leaves));
    await assert.rejects(write(folder.file('write/dangling'), ''), refused(leaves));
    await assert.rejects(read(`${folder.path}/read/../out/x`), refused(/contains \.\.$/));
    await assert.rejects(read('read/a.log'), refused("the path 'read/a.log' is not absolute"));
    assert.deepEqual(readdirSync(folder.file('out')), ['x']);
  });

  it('refuses a rule whose folder is reached through a link', async () => {
    symlinkSync('read', folder.file('alias'));
    rules(`read=${folder.path}/alias/**`);
    await assert.rejects(
      read(folder.file('alias/a.log')),
      refused(`${folder.path}/alias of a rule is, or is below, a symbolic link`),
    );
  });

  it('denies what a rule names through a link', async () => {
    symlinkSync('read', folder.file('alias'));
    rules(`read=${folder.path}/**`, `deny=${folder.path}/alias/secret*`);
    assert.equal(await read(folder.file('read/a.log')), 'a');
    await assert.rejects(read(folder.file('read/secret.log')), refused(/line 5 of \/p: deny = .*alias/));
    await assert.rejects(read(folder.file('alias/secret.log')), refused(/line 5 of \/p: deny = .*alias/));
  });

  it('denies a link that a rule names, and the file behind it if the rule names one path', async () => {
    writeFileSync(folder.file('read/key1'), 'key');
    symlinkSync('key1', folder.file('read/key'));
    rules(`read=${folder.path}/**`, `deny=${folder.path}/*/key`);
    await assert.rejects(read(folder.file('read/key')), refused(`line 5 of /p: deny = ${folder.path}/*/key`));
    assert.equal(await read(folder.file('read/key1')), 'key');
    rules(`read=${folder.path}/**`, `deny=${folder.path}/read/key`);
    for (const name of ['key', 'key1']) {
      await assert.rejects(
        read(folder.file(`read/${name}`)),
        refused(/line 5 of \/p: deny = .*\/read\/key$/),
      );
    }
  });

  it('refuses links of /proc, devices, FIFOs and folders', async () => {
    rules('read=/**', 'write=/**');
    execFileSync('mkfifo', [folder.file('fifo')]);
    await assert.rejects(
      read(`/proc/self/root${folder.file('read/a.log')}`),
      /Too many levels of symbolic links$/,
    );
    await assert.rejects(read('/proc/self/fd/0'), /Too many levels of symbolic links$|refused by the policy/);
    for (const path of ['/dev/null', folder.file('fifo'), folder.file('read')]) {
      await assert.rejects(read(path), refused(`${path} is not a regular file`));
    }
    await assert.rejects(read(`${folder.path}/read/a.log/`), refused(/is not a regular file$/));
    await assert.rejects(write('/dev/null', 'x'), refused('/dev/null is not a regular file'));
  });

  it('refuses a file with another hard link, unless hard-links is true', async () => {
    linkSync(folder.file('out/x'), folder.file('read/x'));
    await assert.rejects(
      read(folder.file('read/x')),
      refused(/has 2 hard links, and hard-links is not true$/),
    );
    rules(`read=${folder.path}/read/**`, 'hard-links=true');
    assert.equal(await read(folder.file('read/x')), 'outside');
  });

  it('reports a missing file only where it would be allowed', async () => {
    await assert.rejects(read(folder.file('read/absent')), /: No such file or directory$/);
    await assert.rejects(read(folder.file('read/secret-absent')), refused(/deny = /));
    await assert.rejects(write(folder.file('write/absent/new'), ''), /: No such file or directory$/);
  });

  it('does what a preset allows where there are no rules on files', async () => {
    policy.current = presetPolicy(['file-read']);
    assert.equal(await read(folder.file('out/x')), 'outside');
    for (const mode of ['w', 'a', 'r+', 'w+', 'a+b']) {
      await assert.rejects(
        files.open(folder.file('out/x'), mode),
        refused('no rule of preset file-read allows to write files'),
      );
    }
    assert.equal(readFileSync(folder.file('out/x'), 'utf8'), 'outside');
    policy.current = presetPolicy(['file-write']);
    await write(folder.file('out/y'), 'y');
    await assert.rejects(files.open(folder.file('out/x'), 'r'), refused(/allows to read files$/));
  });

  it('gives the same results as without openat2, except for links inside', async () => {
    const guard = new FileGuard(policy.current ?? assert.fail(), false);
    const path = async (name: string, access: 'read' | 'write') => {
      await using place = await guard.locate(folder.file(name), [access], access === 'write');
      return place.path;
    };
    symlinkSync('a.log', folder.file('read/link'));
    symlinkSync('../out', folder.file('write/folder'));
    assert.equal(await path('read/a.log', 'read'), folder.file('read/a.log'));
    assert.equal(await path('write/new', 'write'), folder.file('write/new'));
    await assert.rejects(path('read/secret.log', 'read'), /deny = /);
    await assert.rejects(path('read/link', 'read'), { code: 'ELOOP' });
    await assert.rejects(path('write/folder/new', 'write'), /ELOOP|symbolic links|ENOTDIR/);
    assert.equal(existsSync(folder.file('out/new')), false);
  });
});
