import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'node:test';
import { bootId, RecordFile } from '../../src/freeze/record.js';
import { type FreezeRecord, formatRecord, parseRecord } from '../../src/freeze/record-format.js';
import { collectingLogger } from '../support/logger.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.js';
import { until } from '../support/until.js';

const ROOT_FILESYSTEM = { major: 254, minor: 0, type: 'ext4', directory: '/' };
const RECORD: FreezeRecord = {
  boot: bootId(''),
  pid: process.pid,
  leaseEnd: 600.5,
  hooks: ['/etc/qemu/fsfreeze-hook'],
  filesystems: [ROOT_FILESYSTEM],
  flag: '12:13',
  earlyThaw: { at: '2026-11-29T14:05:00Z', reason: 'the agent was stopped' },
};

async function reopened(folder: TemporaryFolder) {
  const log = collectingLogger();
  const file = await RecordFile.open(folder.path, '', log);
  // The contents stay in memory; the descriptor is not needed.
  file[Symbol.dispose]();
  return { file, log };
}

test('RecordFile keeps a record for the next agent, with mode 0600', async () => {
  using folder = temporaryFolder();
  const { file, log } = await reopened(folder);
  using _ = file;
  assert.deepEqual([file.hooks, file.record.filesystems], [[], []]);
  await file.update(RECORD);
  assert.equal(statSync(folder.file('guestd.freeze')).mode & 0o7777, 0o600);
  assert.deepEqual((await reopened(folder)).file.record, RECORD);
  assert.deepEqual(readdirSync(folder.path), ['guestd.freeze']);
  assert.deepEqual(log.lines, []);
});

test('RecordFile is removed when no hook, filesystem or early thaw is left', async () => {
  using folder = temporaryFolder();
  const { file, log } = await reopened(folder);
  using _ = file;
  await file.setHooks(['/a', '/b']);
  assert.deepEqual((await reopened(folder)).file.hooks, ['/a', '/b']);
  await file.setHooks([]);
  assert.equal(existsSync(folder.file('guestd.freeze')), false);
  await file.setHooks([]);
  assert.deepEqual(log.lines, []);
});

test('RecordFile writes changes in their order', async () => {
  using folder = temporaryFolder();
  const { file } = await reopened(folder);
  using _ = file;
  await Promise.all([file.setHooks(['/a']), file.setHooks(['/a', '/b']), file.setHooks(['/b'])]);
  assert.deepEqual((await reopened(folder)).file.hooks, ['/b']);
});

test('RecordFile warns if it cannot be written, and keeps its contents in memory', async () => {
  using folder = temporaryFolder();
  const log = collectingLogger();
  using file = await RecordFile.open(folder.file('missing'), '', log);
  await file.setHooks(['/a']);
  assert.deepEqual(file.hooks, ['/a']);
  assert.match(log.lines.join(), /^warning: unable to update .*\/guestd.freeze: No such file or directory/);
});

test('RecordFile replaces a link of another user and does not write through it', async () => {
  using folder = temporaryFolder();
  writeFileSync(folder.file('victim'), 'untouched');
  symlinkSync('victim', folder.file('guestd.freeze'));
  const { file, log } = await reopened(folder);
  assert.match(
    log.lines.join(),
    /^critical: ignored the freeze record .*: Too many levels of symbolic links$/,
  );
  using record = file;
  await record.setHooks(['/a']);
  assert.equal(readFileSync(folder.file('victim'), 'utf8'), 'untouched');
  using next = (await reopened(folder)).file;
  assert.deepEqual(next.hooks, ['/a']);
});

for (const { what, spoil } of [
  { what: 'that others can write to', spoil: (path: string) => chmodSync(path, 0o620) },
  { what: 'with a second name', spoil: (path: string) => linkSync(path, `${path}.2`) },
  { what: 'that is too large', spoil: (path: string) => writeFileSync(path, ' '.repeat(5 * 1024 * 1024)) },
  { what: 'that is no JSON', spoil: (path: string) => writeFileSync(path, '{"boot":') },
  { what: 'without a boot', spoil: (path: string) => writeFileSync(path, '{"pid":1}') },
]) {
  test(`RecordFile ignores a file ${what}, and reports it`, async () => {
    using folder = temporaryFolder();
    const path = folder.file('guestd.freeze');
    writeFileSync(path, formatRecord(RECORD), { mode: 0o600 });
    spoil(path);
    const { file, log } = await reopened(folder);
    assert.deepEqual([file.hooks, file.record.filesystems], [[], []]);
    assert.match(log.lines.join(), /^critical: ignored the freeze record .*\/guestd.freeze: it /);
  });
}

test('RecordFile is locked by the agent that has written it, until that ends', async () => {
  using folder = temporaryFolder();
  const log = collectingLogger();
  const first = await RecordFile.open(folder.path, '', log);
  assert.equal(first.lock(), true);
  await first.setHooks(['/a']);
  using second = await RecordFile.open(folder.path, '', log);
  assert.deepEqual([first.lock(), second.lock()], [true, false]);
  first[Symbol.dispose]();
  await until(() => second.lock());
});

test('parseRecord drops invalid entries and unknown members, and keeps the others', () => {
  const text = JSON.stringify({
    ...RECORD,
    future: true,
    leaseEnd: 'soon',
    hooks: ['relative', 7, '/hook', '/nul\0', `/${'x'.repeat(5000)}`],
    filesystems: [
      null,
      [],
      { major: -1 },
      { ...ROOT_FILESYSTEM, minor: 1.5 },
      { ...ROOT_FILESYSTEM, extra: 1 },
    ],
    flag: 3,
    earlyThaw: { at: 1 },
  });
  assert.deepEqual(parseRecord(text), {
    boot: RECORD.boot,
    pid: process.pid,
    leaseEnd: 0,
    hooks: ['/hook'],
    filesystems: [ROOT_FILESYSTEM],
    flag: undefined,
    earlyThaw: undefined,
  });
});

test('parseRecord bounds the number of entries', () => {
  const text = JSON.stringify({ ...RECORD, hooks: new Array(100_000).fill('/hook') });
  assert.equal(parseRecord(text)?.hooks.length, 16_384);
});

test('bootId prefers the boot of a fake root', () => {
  using folder = temporaryFolder();
  assert.match(bootId(folder.path), /^[0-9a-f-]{36}$/);
});
