import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { memoryModule } from '../../src/commands/memory.js';
import { context } from '../support/command-context.js';
import { type StandIns, standIns } from '../support/stand-ins.js';
import { unprivileged } from '../support/unprivileged.js';

const FOLDER = 'sys/devices/system/memory';

const ENOENT = 2;
const EACCES = 13;
const ENOTDIR = 20;
const EISDIR = 21;
const ENOSPC = 28;
const ELOOP = 40;

/** A guest as Linux 6.12 shows it, with a hole where its PCI devices are, and a block that has been switched off. */
function fourBlocks(): StandIns {
  const guest = standIns();
  guest.file(`${FOLDER}/block_size_bytes`, '8000000\n');
  guest.file(`${FOLDER}/auto_online_blocks`, 'offline\n');
  guest.file(`${FOLDER}/power/control`, 'auto\n');
  for (const [index, state, removable] of [
    [0, 'online', 0],
    [1, 'online', 1],
    [32, 'offline', 1],
    [33, 'going-offline', 1],
  ]) {
    guest.file(`${FOLDER}/memory${index}/state`, `${state}\n`);
    guest.file(`${FOLDER}/memory${index}/removable`, `${removable}\n`);
  }
  return guest;
}

function commandsOf(guest: StandIns) {
  const { handlers } = memoryModule(guest);
  return {
    get: async () => {
      const blocks = await handlers['guest-get-memory-blocks'](undefined, context);
      return blocks
        .toSorted((a, b) => Number(a['phys-index']) - Number(b['phys-index']))
        .map(({ 'phys-index': index, online, 'can-offline': can }) => [index, online, can]);
    },
    set: async (...wanted: [index: number | bigint, online: boolean][]) => {
      const blocks = wanted.map(([index, online]) => ({ 'phys-index': index, online }));
      const responses = await handlers['guest-set-memory-blocks']({ 'mem-blks': blocks }, context);
      return responses.map(({ 'phys-index': index, response, 'error-code': errno }) => [
        index,
        response,
        errno,
      ]);
    },
    size: async () => (await handlers['guest-get-memory-block-info'](undefined, context)).size,
  };
}

function fails(work: Promise<unknown>, message: string) {
  return assert.rejects(work, { name: 'CommandError', message });
}

function state(guest: StandIns, index: number) {
  return readFileSync(guest.folder.file(`${FOLDER}/memory${index}/state`), 'latin1');
}

/** Puts something else in place of a file. */
function replace(guest: StandIns, path: string, put: (full: string) => void): void {
  const full = guest.folder.file(`${FOLDER}/${path}`);
  rmSync(full, { recursive: true });
  put(full);
}

test('guest-get-memory-blocks lists each block once, with its state and whether it can be switched off', async () => {
  using guest = fourBlocks();
  assert.deepEqual(await commandsOf(guest).get(), [
    [0, true, false],
    [1, true, true],
    [32, false, true],
    [33, false, true],
  ]);
});

test('guest-get-memory-blocks ignores files', async () => {
  using guest = fourBlocks();
  guest.file(`${FOLDER}/memory7`, '');
  assert.equal((await commandsOf(guest).get()).length, 4);
});

test('guest-get-memory-blocks reports a block of an old kernel, without the files, as always on', async () => {
  using guest = fourBlocks();
  rmSync(guest.folder.file(`${FOLDER}/memory1/state`));
  rmSync(guest.folder.file(`${FOLDER}/memory32/removable`));
  assert.deepEqual((await commandsOf(guest).get()).slice(1, 3), [
    [1, true, false],
    [32, false, false],
  ]);
});

test('guest-get-memory-blocks returns an empty list without the folder, and fails for an empty folder', async () => {
  using guest = standIns();
  const { get } = commandsOf(guest);
  assert.deepEqual(await get(), []);
  guest.file(`${FOLDER}/block_size_bytes`, '8000000\n');
  await fails(get(), 'guest reported zero memory blocks!');
});

test('guest-get-memory-blocks fails if the folder cannot be opened', async () => {
  using guest = standIns();
  guest.file(FOLDER, '');
  const { get, size } = commandsOf(guest);
  await fails(get(), `Can't open directory"/sys/devices/system/memory/": Not a directory`);
  await fails(size(), 'open("/sys/devices/system/memory/"): Not a directory');
});

for (const file of ['state', 'removable']) {
  test(`guest-get-memory-blocks reports the failed system call for an unreadable ${file}`, async () => {
    using guest = fourBlocks();
    const { get } = commandsOf(guest);
    const path = `memory1/${file}`;
    guest.file(`${FOLDER}/${path}`, '');
    await fails(get(), `pread sysfs file "${file}": unexpected EOF`);
    replace(guest, path, (full) => mkdirSync(full));
    await fails(get(), `pread sysfs file "${file}": Is a directory`);
    replace(guest, path, (full) => symlinkSync(file, full));
    await fails(get(), `open sysfs file "${file}": Too many levels of symbolic links`);
  });
}

test('guest-get-memory-blocks fails if the folder of a block cannot be opened', async () => {
  using guest = fourBlocks();
  chmodSync(guest.root, 0o755);
  const folder = guest.folder.file(`${FOLDER}/memory1`);
  chmodSync(folder, 0);
  await unprivileged(async () => {
    const { get, set } = commandsOf(guest);
    await fails(get(), 'open("/sys/devices/system/memory/memory1/"): Permission denied');
    assert.deepEqual(await set([1, false]), [[1, 'operation-failed', EACCES]]);
  });
  // Else only root could remove it.
  chmodSync(folder, 0o700);
});

test('guest-set-memory-blocks switches blocks in the order of the request, each with a response', async () => {
  using guest = fourBlocks();
  const { set } = commandsOf(guest);
  assert.deepEqual(await set([1, false], [32, true], [999, true], [0, false], [1, true]), [
    [1, 'success', undefined],
    [32, 'success', undefined],
    [999, 'not-found', ENOENT],
    [0, 'success', undefined],
    [1, 'success', undefined],
  ]);
  assert.match(state(guest, 0), /^offline/);
  assert.match(state(guest, 1), /^online/);
  assert.match(state(guest, 32), /^online/);
  assert.deepEqual(await set(), []);
});

test('guest-set-memory-blocks does not write to a block in the requested state', async () => {
  using guest = fourBlocks();
  guest.file(`${FOLDER}/memory1/state`, 'online-ish');
  assert.deepEqual(await commandsOf(guest).set([1, true], [32, false]), [
    [1, 'success', undefined],
    [32, 'success', undefined],
  ]);
  assert.deepEqual([state(guest, 1), state(guest, 32)], ['online-ish', 'offline\n']);
});

test('guest-set-memory-blocks returns a 64-bit index exactly', async () => {
  using guest = fourBlocks();
  const most = 2n ** 64n - 1n;
  assert.deepEqual(await commandsOf(guest).set([most, true]), [[most, 'not-found', ENOENT]]);
});

test('guest-set-memory-blocks reports no support without blocks, and success with an error number for an unreadable folder', async () => {
  using guest = standIns();
  const { set } = commandsOf(guest);
  assert.deepEqual(await set([0, true], [1, false]), [
    [0, 'operation-not-supported', ENOENT],
    [1, 'operation-not-supported', ENOENT],
  ]);
  guest.file(FOLDER, '');
  assert.deepEqual(await set([0, true]), [[0, 'success', ENOTDIR]]);
});

test('guest-set-memory-blocks reports success to switch on a block without a state, and no support to switch it off', async () => {
  using guest = fourBlocks();
  rmSync(guest.folder.file(`${FOLDER}/memory1/state`));
  assert.deepEqual(await commandsOf(guest).set([1, true], [1, false]), [
    [1, 'success', ENOENT],
    [1, 'operation-not-supported', ENOENT],
  ]);
});

test('guest-set-memory-blocks reports a state that cannot be read or written with its error number', async () => {
  using guest = fourBlocks();
  const { set } = commandsOf(guest);
  guest.file(`${FOLDER}/memory0/state`, '');
  replace(guest, 'memory1/state', (full) => mkdirSync(full));
  replace(guest, 'memory32/state', (full) => symlinkSync('state', full));
  // It takes nothing, and what is read from it is not `online`.
  replace(guest, 'memory33/state', (full) => symlinkSync('/dev/full', full));
  assert.deepEqual(await set([0, true], [1, true], [32, true], [33, true]), [
    [0, 'operation-failed', 0],
    [1, 'operation-failed', EISDIR],
    [32, 'operation-failed', ELOOP],
    [33, 'operation-failed', ENOSPC],
  ]);
});

test('guest-set-memory-blocks reports a failure without the permission to write', async () => {
  using guest = fourBlocks();
  chmodSync(guest.root, 0o755);
  chmodSync(guest.folder.file(`${FOLDER}/memory1/state`), 0o444);
  await unprivileged(async () => {
    assert.deepEqual(await commandsOf(guest).set([1, true], [1, false]), [
      [1, 'success', undefined],
      [1, 'operation-failed', EACCES],
    ]);
  });
});

test('guest-get-memory-block-info parses a hexadecimal size', async () => {
  using guest = standIns();
  const size = async (text: string) => {
    guest.file(`${FOLDER}/block_size_bytes`, text);
    return commandsOf(guest).size();
  };
  assert.equal(await size('8000000\n'), 134_217_728);
  assert.equal(await size('80000000\n'), 2_147_483_648);
  assert.equal(await size('20000000000001'), 9007199254740993n);
  assert.equal(await size('0x10 and more'), 16);
  assert.equal(await size('none'), 0);
});

test('guest-get-memory-block-info fails if the size cannot be read', async () => {
  using guest = standIns();
  const { size } = commandsOf(guest);
  await fails(size(), 'open("/sys/devices/system/memory/"): No such file or directory');
  guest.file(`${FOLDER}/memory0/state`, 'online\n');
  await fails(size(), 'open sysfs file "block_size_bytes": No such file or directory');
  guest.file(`${FOLDER}/block_size_bytes`, '');
  await fails(size(), 'pread sysfs file "block_size_bytes": unexpected EOF');
});
