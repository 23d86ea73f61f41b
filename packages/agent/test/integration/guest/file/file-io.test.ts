import assert from 'node:assert/strict';
import { closeSync, constants, openSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { SEEK_CUR, SEEK_END, SEEK_SET } from '@guestwire/posix';
import { fileIo } from '../../../../src/guest/file/file-io.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const MIB = 1024 * 1024;

test('fileIo handles a file in memory in this thread', async () => {
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

test('fileIo uses the thread pool for large transfers', async () => {
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

test('fileIo reads cached data at the offset of the descriptor in this thread, the rest in the thread pool', async () => {
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

test('fileIo uses the thread pool for a filesystem without non-blocking reads', async () => {
  const fd = openSync('/proc/self/maps', 'r');
  const io = await fileIo(fd, true);
  for (let at = 0; at < 2; at += 1) {
    const read = io.read(Buffer.alloc(4096), 0, 4096);
    assert.ok(read instanceof Promise);
    assert.ok((await read) > 0);
  }
  closeSync(fd);
});

test('fileIo uses the thread pool for a device, even one that would not block', async () => {
  const fd = openSync('/dev/zero', constants.O_RDWR);
  const io = await fileIo(fd, false);
  for (const call of [io.read(Buffer.alloc(1), 0, 1), io.write(Buffer.alloc(1), 0), io.seek(0n, SEEK_SET)]) {
    assert.ok(call instanceof Promise);
    await call;
  }
  closeSync(fd);
});

test('fileIo reports the errors of the system calls in both cases', async () => {
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
