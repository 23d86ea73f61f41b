import assert from 'node:assert/strict';
import { closeSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gettimeofday } from '../src/clock.js';
import { lockFile, pipe } from '../src/descriptor.js';
import { errnoOf } from '../src/errno.js';
import {
  closeFd,
  openFd,
  readFd,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
  seekFd,
  seekFdSync,
  sizeOfFd,
} from '../src/file.js';
import { getpwnam } from '../src/user.js';

const EBADF = 9;
const ESPIPE = 29;

const folder = mkdtempSync(join(tmpdir(), 'guestwire-posix-'));
after(() => rmSync(folder, { recursive: true }));

describe('an open file', () => {
  test('is read at its own offset, which seekFd moves', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'abcdef');
    const fd = await openFd(path, constants.O_RDONLY);
    const bytes = Buffer.alloc(4);
    assert.equal(await readFd(fd, bytes, 1, 3), 3);
    assert.equal(bytes.toString('latin1', 1), 'abc');
    assert.equal(seekFdSync(fd, 0n, SEEK_CUR), 3n);
    assert.equal(await seekFd(fd, -1n, SEEK_END), 5n);
    assert.equal(seekFdSync(fd, 2n ** 40n + 1n, SEEK_SET), 2n ** 40n + 1n);
    assert.equal(await sizeOfFd(fd), 6n);
    await closeFd(fd);
    await assert.rejects(seekFd(fd, 0n, SEEK_SET), (error) => errnoOf(error) === EBADF);
  });

  test('that is a pipe has no offset', () => {
    const [from, to] = pipe();
    assert.throws(
      () => seekFdSync(from, 0n, SEEK_CUR),
      (error) => errnoOf(error) === ESPIPE,
    );
    closeSync(from);
    closeSync(to);
  });
});

describe('lockFile', () => {
  test('throws for a descriptor that is not open', () => {
    assert.throws(
      () => lockFile(9999),
      (error) => errnoOf(error) === EBADF,
    );
  });
});

describe('getpwnam', () => {
  test('finds a user by name', async () => {
    const { username, uid, gid, homedir } = userInfo();
    assert.deepEqual(await getpwnam(username), { uid, gid, home: homedir });
  });

  test('returns undefined for an unknown name, and for one with a NUL', async () => {
    assert.equal(await getpwnam('no-such-user'), undefined);
    assert.equal(await getpwnam('root\0x'), undefined);
  });
});

describe('gettimeofday', () => {
  test('returns microseconds since 1970', () => {
    const before = Date.now();
    const now = Number(gettimeofday() / 1000n);
    assert.ok(now >= before - 1 && now <= Date.now() + 1, `${now}`);
  });
});
