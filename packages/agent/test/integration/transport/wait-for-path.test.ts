import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { waitForPath } from '../../../src/transport/wait-for-path.js';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.js';

/** Milliseconds, longer than the time limit of a test: a promise that settles has noticed the change. */
const NEVER = 3_600_000;

describe('waitForPath', { timeout: 10_000 }, () => {
  let folder: TemporaryFolder;
  let path: string;
  const closing = new AbortController();

  beforeEach(() => {
    folder = temporaryFolder();
    path = folder.file('ports/port');
  });
  afterEach(() => folder[Symbol.dispose]());

  it('notices a file, a link, a rename, in an existing folder', async () => {
    mkdirSync(folder.file('ports'));
    for (const make of [
      () => writeFileSync(path, ''),
      () => symlinkSync('/dev/null', path),
      () => {
        writeFileSync(`${path}.new`, '');
        renameSync(`${path}.new`, path);
      },
    ]) {
      const appeared = waitForPath(path, NEVER, closing.signal);
      make();
      await appeared;
      rmSync(path);
    }
  });

  it('notices a file in a folder that is created later', async () => {
    const appeared = waitForPath(path, NEVER, closing.signal);
    mkdirSync(folder.file('ports'));
    writeFileSync(path, '');
    await appeared;
  });

  it('notices that a file has been replaced', async () => {
    mkdirSync(folder.file('ports'));
    writeFileSync(path, '');
    const appeared = waitForPath(path, NEVER, closing.signal);
    rmSync(path);
    writeFileSync(path, '');
    await appeared;
  });

  it('notices a file whose folder was removed and created again', async () => {
    mkdirSync(folder.file('ports'));
    const appeared = waitForPath(path, NEVER, closing.signal);
    rmSync(folder.file('ports'), { recursive: true });
    mkdirSync(folder.file('ports'));
    writeFileSync(path, '');
    await appeared;
  });

  it('ignores other files, and resolves at the timeout', async () => {
    mkdirSync(folder.file('ports'));
    let early = true;
    const appeared = waitForPath(path, 200, closing.signal).then(() => assert.equal(early, false));
    setTimeout(() => {
      early = false;
    }, 150);
    writeFileSync(`${path}.other`, '');
    await appeared;
  });

  it('resolves when the signal aborts', async () => {
    const cut = new AbortController();
    const waiting = waitForPath(path, NEVER, cut.signal);
    cut.abort();
    await waiting;
    await waitForPath(path, NEVER, cut.signal);
  });
});
