import assert from 'node:assert/strict';
import { closeSync, constants, openSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { SEEK_CUR, SEEK_END, SEEK_SET } from '@guestwire/posix';
import { fileIo } from '../../../src/guest/file/file-io.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const MIB = 1024 * 1024;

test('a file that lies in memory is read, written, measured and moved about in at once', async () => {
  using folder = temporaryFolder('/dev/shm');
  const fd = openSync(folder.file('f'), 'w+');
  const io = await fileIo(fd, true);
  assert.equal(io.write(Buffer.from('some text'), 5), 4);
  assert.equal(io.size(), 4n);
  assert.equal(io.seek(1n, SEEK_SET), 1n);
  const into = Buffer.alloc(8, '.');
  assert.equal(io.read(into, 2, 6), 3);
  assert.equal(into.toString(), '..ext...');
  assert.equal(io.read(into, 0, 8), 0);
  assert.equal(io.seek(0n, SEEK_END), 4n);
  closeSync(fd);
});

test('so much that it would hold up the agent goes through the thread pool even so', async () => {
  using folder = temporaryFolder('/dev/shm');
  const fd = openSync(folder.file('f'), 'w+');
  const io = await fileIo(fd, true);
  const written = io.write(Buffer.alloc(MIB + 1), 0);
  assert.ok(written instanceof Promise);
  assert.equal(await written, MIB + 1);
  assert.equal(io.seek(0n, SEEK_SET), 0n);
  const read = io.read(Buffer.alloc(2 * MIB), 0, MIB + 1);
  assert.ok(read instanceof Promise);
  assert.equal(await read, MIB + 1);
  closeSync(fd);
});

test('what the kernel has of a file is read at the offset of its descriptor, and the rest is left to the thread pool', async () => {
  using folder = temporaryFolder();
  const path = folder.file('f');
  writeFileSync(path, 'some text');
  const fd = openSync(path, 'r');
  const io = await fileIo(fd, true);
  const into = Buffer.alloc(10, '.');
  assert.equal(await io.read(into, 1, 4), 4);
  assert.equal(await io.read(into, 5, 5), 5);
  assert.equal(into.toString(), '.some text');
  assert.equal(await io.read(into, 0, 10), 0);
  assert.equal(io.seek(-4n, SEEK_CUR), 5n);
  closeSync(fd);
});

test('a filesystem that cannot tell what waits is read through the thread pool', async () => {
  const fd = openSync('/proc/self/maps', 'r');
  const io = await fileIo(fd, true);
  for (let at = 0; at < 2; at += 1) {
    const read = io.read(Buffer.alloc(4096), 0, 4096);
    assert.ok(read instanceof Promise);
    assert.ok((await read) > 0);
  }
  closeSync(fd);
});

test('a device is never used in this thread, also not one that would not wait', async () => {
  const fd = openSync('/dev/zero', constants.O_RDWR);
  const io = await fileIo(fd, false);
  for (const call of [io.read(Buffer.alloc(1), 0, 1), io.write(Buffer.alloc(1), 0), io.seek(0n, SEEK_SET)]) {
    assert.ok(call instanceof Promise);
    await call;
  }
  closeSync(fd);
});

test('errors are those of the system calls, whichever way was taken', async () => {
  using folder = temporaryFolder('/dev/shm');
  using other = temporaryFolder();
  for (const path of [folder.file('f'), other.file('f')]) {
    writeFileSync(path, 'x');
    const fd = openSync(path, 'r');
    const io = await fileIo(fd, true);
    await assert.rejects(async () => io.write(Buffer.from('y'), 0), { errno: -9 });
    await assert.rejects(async () => io.seek(-1n, SEEK_SET), { errno: -22 });
    closeSync(fd);
    const writeOnly = openSync(path, 'a');
    const sink = await fileIo(writeOnly, true);
    await assert.rejects(async () => sink.read(Buffer.alloc(1), 0, 1), { errno: -9 });
    closeSync(writeOnly);
    assert.equal(readFileSync(path, 'utf8'), 'x');
  }
});
