import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AgentError } from '../../../src/agent-error.js';
import { writePidFile } from '../../../src/daemon/pid-file.js';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.js';

describe('the pid file', () => {
  let folder: TemporaryFolder;
  let path: string;

  beforeEach(() => {
    folder = temporaryFolder();
    path = folder.file('guestd.pid');
  });

  afterEach(() => folder[Symbol.dispose]());

  const refused = (message: string) => (error: unknown) => {
    assert.ok(error instanceof AgentError);
    assert.equal(error.code, 'pid-file');
    assert.equal(error.message, message);
    return true;
  };

  /** The result of another process that opens the same file. */
  const fromAnotherProcess = (): string => {
    const module = new URL('../../../src/daemon/pid-file.js', import.meta.url).href;
    const script = `import { writePidFile } from ${JSON.stringify(module)};
      try { await writePidFile(process.argv[1]); console.log('got it'); } catch (error) { console.log(error.message); }`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script, path], {
      encoding: 'utf8',
    });
    return stdout.trimEnd();
  };

  it('holds the process id, is readable by its owner only, and is removed at the end', async () => {
    {
      await using _file = await writePidFile(path);
      assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`);
      assert.equal(statSync(path).mode & 0o777, 0o600);
    }
    assert.equal(existsSync(path), false);
  });

  it('replaces the stale file of a killed agent', async () => {
    writeFileSync(path, '123456789\n');
    await using _file = await writePidFile(path);
    assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`);
  });

  it('is locked by one process at a time', async () => {
    const file = await writePidFile(path);
    assert.equal(fromAnotherProcess(), 'Cannot lock pid file: Resource temporarily unavailable');
    assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`);
    await file[Symbol.asyncDispose]();
    assert.equal(fromAnotherProcess(), 'got it');
  });

  it('stays locked when this process opens and closes the file again, as a host may ask', async () => {
    await using _file = await writePidFile(path);
    readFileSync(path);
    assert.equal(fromAnotherProcess(), 'Cannot lock pid file: Resource temporarily unavailable');
  });

  it('is not removed at the end if another file has replaced it', async () => {
    {
      await using _file = await writePidFile(path);
      renameSync(path, `${path}.old`);
      writeFileSync(path, 'of somebody else');
    }
    assert.equal(readFileSync(path, 'utf8'), 'of somebody else');
  });

  it('is named in the error if it cannot be created', async () => {
    await assert.rejects(
      writePidFile('/nowhere/pid'),
      refused("Could not create '/nowhere/pid': No such file or directory"),
    );
    mkdirSync(path);
    await assert.rejects(writePidFile(path), refused(`Could not create '${path}': Is a directory`));
    await assert.rejects(writePidFile('/dev/null'), refused('Failed to truncate pid file: Invalid argument'));
  });
});
