import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AgentError } from '../../src/agent-error.js';
import { writePidFile } from '../../src/daemon/pid-file.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.js';

describe('a pid file', () => {
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

  /** What another process gets that wants the file too. */
  const fromAnotherProcess = (): string => {
    const module = new URL('../../src/daemon/pid-file.js', import.meta.url).href;
    const script = `import { writePidFile } from ${JSON.stringify(module)};
      try { writePidFile(process.argv[1]); console.log('got it'); } catch (error) { console.log(error.message); }`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script, path], {
      encoding: 'utf8',
    });
    return stdout.trimEnd();
  };

  it('holds the number of the process, for nobody else to read, and is gone at the end', () => {
    {
      using _file = writePidFile(path);
      assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`);
      assert.equal(statSync(path).mode & 0o777, 0o600);
    }
    assert.equal(existsSync(path), false);
  });

  it('takes the place of one that a killed agent has left', () => {
    writeFileSync(path, '123456789\n');
    using _file = writePidFile(path);
    assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`);
  });

  it('can be had by one process at a time', () => {
    const file = writePidFile(path);
    assert.equal(fromAnotherProcess(), 'Cannot lock pid file: Resource temporarily unavailable');
    assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`);
    file[Symbol.dispose]();
    assert.equal(fromAnotherProcess(), 'got it');
  });

  it('is left alone at the end if it has become another', () => {
    {
      using _file = writePidFile(path);
      renameSync(path, `${path}.old`);
      writeFileSync(path, 'of somebody else');
    }
    assert.equal(readFileSync(path, 'utf8'), 'of somebody else');
  });

  it('that cannot be made is an error that names it', () => {
    assert.throws(
      () => writePidFile('/nowhere/pid'),
      refused("Could not create '/nowhere/pid': No such file or directory"),
    );
    mkdirSync(path);
    assert.throws(() => writePidFile(path), refused(`Could not create '${path}': Is a directory`));
    assert.throws(() => writePidFile('/dev/null'), refused('Failed to truncate pid file: Invalid argument'));
  });
});
