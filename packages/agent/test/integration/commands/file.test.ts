import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'node:test';
import { fileCommands } from '@guestwire/protocol/contract';
import { fileModule } from '../../../src/commands/file.js';
import { context } from '../../support/command-context.js';
import { FileCommands } from '../../support/file-commands.js';
import { later } from '../../support/later.js';
import { collectingLogger } from '../../support/logger.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** Checks that a command fails with this text. */
function fails(work: Promise<unknown>, desc: string) {
  return assert.rejects(work, { name: /Error$/, message: desc });
}

test('fileModule has a handler for each file command of the contract', () => {
  const { handlers } = fileModule({ log: collectingLogger(), handles: { next: async () => 1 } });
  assert.deepEqual(Object.keys(handlers).sort(), Object.keys(fileCommands).sort());
});

test('guest-file-open accepts every mode of C and rejects others', async () => {
  using folder = temporaryFolder();
  await using files = new FileCommands();
  const path = folder.file('f');
  writeFileSync(path, '');
  const modes = 'r rb w wb a ab r+ rb+ r+b w+ wb+ w+b a+ ab+ a+b'.split(' ');
  for (const mode of modes) await files.close(await files.open(path, mode));
  for (const mode of ['', 'x', 'rw', 'r+w', 'br', 'rbb', 'r+b+', '+r', 'rb+b', 'r ', 'we', 'R', 'toString']) {
    await fails(files.open('/no/such/file', mode), `invalid file open mode '${mode}'`);
  }
});

test('guest-file-open creates a file with permissions 0666 whatever the umask', async () => {
  using folder = temporaryFolder();
  await using files = new FileCommands();
  const umask = process.umask(0o077);
  try {
    for (const mode of ['w', 'a', 'w+', 'a+']) {
      await files.open(folder.file(mode), mode);
      assert.equal(statSync(folder.file(mode)).mode & 0o7777, 0o666);
    }
  } finally {
    process.umask(umask);
  }
});

test('guest-file-open keeps the permissions of an existing file', async () => {
  using folder = temporaryFolder();
  await using files = new FileCommands();
  writeFileSync(folder.file('f'), 'old', { mode: 0o640 });
  await files.open(folder.file('f'), 'w');
  assert.equal(statSync(folder.file('f')).mode & 0o7777, 0o640);
  assert.equal(statSync(folder.file('f')).size, 0);
});

test('guest-file-open reports path, mode and reason of a failure', async () => {
  using folder = temporaryFolder();
  await using files = new FileCommands();
  const missing = folder.file('missing');
  await fails(files.open(missing), `failed to open file '${missing}' (mode: 'r'): No such file or directory`);
  await fails(files.open('', 'r'), "failed to open file '' (mode: 'r'): No such file or directory");
  await fails(
    files.open(folder.path, 'w'),
    `failed to open file '${folder.path}' (mode: 'w'): Is a directory`,
  );
  const loop = folder.file('loop');
  symlinkSync(loop, loop);
  await fails(
    files.open(loop, 'r'),
    `failed to open file '${loop}' (mode: 'r'): Too many levels of symbolic links`,
  );
  const long = 'x'.repeat(300);
  await fails(files.open(long, 'r'), `failed to open file '${long}' (mode: 'r'): File name too long`);
});

test('guest-file-open does not follow a dangling link to create a file', async () => {
  using folder = temporaryFolder();
  await using files = new FileCommands();
  symlinkSync(folder.file('target'), folder.file('link'));
  await fails(
    files.open(folder.file('link'), 'w'),
    `failed to open file '${folder.file('link')}' (mode: 'w'): No such file or directory`,
  );
});

test('guest-file-open passes U+0000 in a path as the bytes C0 80', async () => {
  using folder = temporaryFolder();
  await using files = new FileCommands();
  await files.open(folder.file('a\0b'), 'w');
  assert.ok(
    statSync(Buffer.concat([Buffer.from(folder.file('a')), Buffer.from([0xc0, 0x80, 0x62])])).isFile(),
  );
});

test('file commands reject a handle that is unknown or closed', async () => {
  await using files = new FileCommands();
  const handle = await files.open('/dev/null', 'r+');
  await files.close(handle);
  for (const [unknown, shown] of [
    [handle, '1000'],
    [-1, '-1'],
    [9223372036854775807n, '9223372036854775807'],
  ] as const) {
    const text = `handle '${shown}' has not been found`;
    await fails(files.close(unknown), text);
    await fails(files.flush(unknown), text);
    await fails(files.read(unknown, -1), text);
    await fails(files.write(unknown, 'x', -1), text);
    await fails(files.seek(unknown, 0, 77), text);
  }
});

test('file commands reject a count out of range before they allocate', async () => {
  await using files = new FileCommands();
  const handle = await files.open('/dev/zero', 'r+');
  for (const count of [-1, 50331649, 2 ** 40, -9223372036854775808n, 9223372036854775807n]) {
    await fails(files.read(handle, count), `value '${count}' is invalid for argument count`);
  }
  for (const count of [-1, 4, 9223372036854775807n]) {
    await fails(files.write(handle, 'abc', count), `value '${count}' is invalid for argument count`);
  }
  await fails(files.writeBase64(handle, 'a b', 99), 'Base64 data contains invalid characters');
});

test('guest-file-read reports eof at the read that meets the end, not the one that reaches it', async () => {
  using folder = temporaryFolder();
  await using files = new FileCommands();
  writeFileSync(folder.file('f'), 'hello');
  const handle = await files.open(folder.file('f'));
  assert.deepEqual(await files.read(handle, 0), { text: '', eof: false });
  assert.deepEqual(await files.read(handle, 5), { text: 'hello', eof: false });
  assert.deepEqual(await files.read(handle, 5), { text: '', eof: true });
  writeFileSync(folder.file('f'), ' again', { flag: 'a' });
  assert.deepEqual(await files.read(handle), { text: ' again', eof: true });
});

test('guest-file-write buffers 4096 bytes until an overflow, a flush or a close', async () => {
  using folder = temporaryFolder();
  await using files = new FileCommands();
  const path = folder.file('f');
  const handle = await files.open(path, 'w');
  const size = () => statSync(path).size;
  await files.write(handle, 'x'.repeat(4095));
  assert.equal(size(), 0);
  await files.write(handle, 'yz');
  assert.equal(size(), 4096);
  await files.flush(handle);
  assert.equal(size(), 4097);
  await files.write(handle, '0'.repeat(10000));
  assert.equal(size(), 4097 + 8192);
  await files.close(handle);
  assert.equal(readFileSync(path, 'latin1'), `${'x'.repeat(4095)}yz${'0'.repeat(10000)}`);
});

test('guest-file-write writes count bytes only', async () => {
  using folder = temporaryFolder();
  await using files = new FileCommands();
  const handle = await files.open(folder.file('f'), 'w');
  assert.equal(await files.write(handle, 'abcdef', 3), 3);
  assert.equal(await files.write(handle, 'abcdef', 0), 0);
  assert.equal(await files.writeBase64(handle, ''), 0);
  await files.close(handle);
  assert.equal(readFileSync(folder.file('f'), 'latin1'), 'abc');
});

test('file commands allow a read after a write and a write after a read without a flush', async () => {
  using folder = temporaryFolder();
  await using files = new FileCommands();
  const handle = await files.open(folder.file('f'), 'w+');
  await files.write(handle, 'hello world');
  assert.equal(await files.seek(handle, -5, 'end'), 6);
  assert.deepEqual(await files.read(handle, 3), { text: 'wor', eof: false });
  await files.write(handle, 'XY');
  assert.deepEqual(await files.read(handle, 10), { text: '', eof: true });
  await files.seek(handle, 0, 0);
  assert.deepEqual(await files.read(handle, 100), { text: 'hello worXY', eof: true });
});

test('guest-file-write appends in append mode whatever the position', async () => {
  using folder = temporaryFolder();
  await using files = new FileCommands();
  writeFileSync(folder.file('f'), 'abc');
  const handle = await files.open(folder.file('f'), 'a+');
  assert.deepEqual(await files.read(handle, 1), { text: 'a', eof: false });
  await files.write(handle, 'de');
  assert.equal(await files.seek(handle, 0, 'cur'), 5);
  await files.seek(handle, 1, 'set');
  await files.write(handle, 'f');
  assert.equal(await files.seek(handle, 0, 1), 6);
  assert.equal(readFileSync(folder.file('f'), 'latin1'), 'abcdef');
});

test('guest-file-seek is exact in 64 bits', async (t) => {
  using folder = temporaryFolder();
  await using files = new FileCommands();
  const handle = await files.open(folder.file('f'), 'w');
  await fails(files.seek(handle, -1, 'set'), 'failed to seek file: Invalid argument');
  await fails(files.seek(handle, -9223372036854775808n, 'cur'), 'failed to seek file: Invalid argument');
  await fails(files.seek(handle, 9223372036854775807n, 'end'), 'failed to seek file: Invalid argument');
  const far = 2n ** 53n + 3n;
  // tmpfs takes such offsets; ext4 does not.
  const shm = await files.open('/dev/shm', 'r').catch(() => undefined);
  if (shm === undefined) return t.skip('no tmpfs on /dev/shm');
  const path = `/dev/shm/guestwire-${process.pid}`;
  try {
    const sparse = await files.open(path, 'w+');
    assert.equal(await files.seek(sparse, far, 'set'), far);
    assert.equal(await files.seek(sparse, 2, 'cur'), far + 2n);
    await files.write(sparse, 'x');
    assert.equal(await files.seek(sparse, -1, 'end'), far + 2n);
    assert.deepEqual(await files.read(sparse, 9), { text: 'x', eof: true });
  } finally {
    execFileSync('rm', ['-f', path]);
  }
});

test('guest-file-seek accepts whence as a word or as the number of C', async () => {
  using folder = temporaryFolder();
  await using files = new FileCommands();
  writeFileSync(folder.file('f'), '0123456789');
  const handle = await files.open(folder.file('f'), 'r');
  assert.equal(await files.seek(handle, 4, 0), 4);
  assert.equal(await files.seek(handle, 2, 1), 6);
  assert.equal(await files.seek(handle, -1, 2), 9);
  assert.equal(await files.seek(handle, 4, 'set'), 4);
  assert.equal(await files.seek(handle, 2, 'cur'), 6);
  assert.equal(await files.seek(handle, -1, 'end'), 9);
  await fails(files.seek(handle, 0, 3), 'invalid whence code 3');
  await fails(files.seek(handle, 0, -9223372036854775808n), 'invalid whence code -9223372036854775808');
});

test('file commands reject an operation that the mode does not allow', async () => {
  using folder = temporaryFolder();
  await using files = new FileCommands();
  writeFileSync(folder.file('f'), 'abc');
  const reader = await files.open(folder.file('f'), 'r');
  await fails(files.write(reader, 'x'), 'failed to write to file: Bad file descriptor');
  assert.equal(await files.write(reader, ''), 0);
  const writer = await files.open(folder.file('f'), 'a');
  await fails(files.read(writer), 'failed to read file: Bad file descriptor');
  await fails(files.read(writer, 100), 'failed to read file: Bad file descriptor');
});

test('guest-file-open opens a directory, and guest-file-read fails for it', async () => {
  using folder = temporaryFolder();
  await using files = new FileCommands();
  mkdirSync(folder.file('d'));
  const handle = await files.open(folder.file('d'), 'r');
  await fails(files.read(handle), 'failed to read file: Is a directory');
  await fails(files.read(handle, 10), 'failed to read file: Is a directory');
});

test('the command that has to write reports a full disk', async () => {
  await using files = new FileCommands();
  const full = async () => {
    const handle = await files.open('/dev/full', 'w+');
    await files.write(handle, 'x');
    return handle;
  };
  const reason = 'No space left on device';
  await fails(files.flush(await full()), `failed to flush file: ${reason}`);
  await fails(files.read(await full()), `failed to flush file: ${reason}`);
  await fails(files.seek(await full(), 0, 0), `failed to seek file: ${reason}`);
  await fails(files.write(await full(), 'x'.repeat(4096)), `failed to write to file: ${reason}`);
  const closed = await full();
  await fails(files.close(closed), `failed to close handle: ${reason}`);
  await fails(files.close(closed), `handle '${closed}' has not been found`);
});

test('a failed guest-file-flush loses its data, and the next write fails without a reason', async () => {
  await using files = new FileCommands();
  const handle = await files.open('/dev/full', 'w');
  await files.write(handle, 'x');
  await assert.rejects(files.flush(handle));
  await files.flush(handle);
  await fails(files.write(handle, 'y'), 'failed to write to file');
  assert.equal(await files.write(handle, 'z'), 1);
  await fails(files.close(handle), 'failed to close handle: No space left on device');
});

test('guest-file-read of a FIFO never blocks: it returns the available bytes, then an error', async () => {
  using folder = temporaryFolder();
  await using files = new FileCommands();
  const path = folder.file('fifo');
  execFileSync('mkfifo', [path]);
  await fails(files.open(path, 'w'), `failed to open file '${path}' (mode: 'w'): No such device or address`);
  const reader = await files.open(path, 'r');
  assert.deepEqual(await files.read(reader), { text: '', eof: true });
  const writer = await files.open(path, 'w');
  await fails(files.read(reader), 'failed to read file: Resource temporarily unavailable');
  await files.write(writer, 'hello');
  await files.flush(writer);
  assert.deepEqual(await files.read(reader, 100), { text: 'hello', eof: false });
  await fails(files.seek(reader, 0, 0), 'failed to seek file: Illegal seek');
  await files.write(writer, 'x'.repeat(65536));
  await fails(
    files.write(writer, 'y'.repeat(8192)),
    'failed to write to file: Resource temporarily unavailable',
  );
  assert.equal((await files.read(reader, 1 << 20)).text, 'x'.repeat(65536));
  await files.close(writer);
  assert.deepEqual(await files.read(reader), { text: '', eof: true });
});

test('guest-file-write after a read seeks, which a FIFO rejects until a seek was requested', async () => {
  using folder = temporaryFolder();
  await using files = new FileCommands();
  execFileSync('mkfifo', [folder.file('fifo')]);
  const handle = await files.open(folder.file('fifo'), 'r+');
  await files.write(handle, 'ab');
  assert.deepEqual(await files.read(handle, 2), { text: 'ab', eof: false });
  await fails(files.write(handle, 'c'), 'failed to seek file: Illegal seek');
  await fails(files.write(handle, 'c'), 'failed to seek file: Illegal seek');
  await fails(files.seek(handle, 0, 'cur'), 'failed to seek file: Illegal seek');
  await files.write(handle, 'c');
  assert.deepEqual(await files.read(handle, 1), { text: 'c', eof: false });
});

test('file commands transfer large data completely', async () => {
  using folder = temporaryFolder();
  await using files = new FileCommands();
  const bytes = Buffer.alloc(5_000_001, 'the quick brown fox ');
  const handle = await files.open(folder.file('f'), 'w+');
  assert.equal(await files.write(handle, bytes), bytes.length);
  await files.seek(handle, 0, 'set');
  const all = await files.readBytes(handle, 48 * 1024 * 1024);
  assert.equal(all.eof, true);
  assert.ok(all.bytes.equals(bytes));
  await files.seek(handle, 1, 'set');
  const most = await files.readBytes(handle, bytes.length - 1);
  assert.equal(most.eof, false);
  assert.ok(most.bytes.equals(bytes.subarray(1)));
});

test('guest-file-read allocates for the available bytes, not for a large count', async () => {
  using folder = temporaryFolder();
  await using files = new FileCommands();
  writeFileSync(folder.file('f'), 'small');
  const handle = await files.open(folder.file('f'));
  const { bytes } = await files.readBytes(handle, 48 * 1024 * 1024);
  assert.equal(bytes.toString(), 'small');
  assert.ok(bytes.buffer.byteLength <= 64 * 1024, `${bytes.buffer.byteLength} bytes were allocated`);
});

test('disposing of fileModule writes buffered data', async () => {
  using folder = temporaryFolder();
  {
    await using files = new FileCommands();
    await files.write(await files.open(folder.file('f'), 'w'), 'last words');
  }
  assert.equal(readFileSync(folder.file('f'), 'latin1'), 'last words');
});

test('file commands log the lines of qemu-ga', async () => {
  using folder = temporaryFolder();
  const log = collectingLogger();
  await using files = new FileCommands({ log });
  const path = folder.file('f');
  const handle = await files.open(path, 'w');
  await assert.rejects(files.read(handle));
  await files.close(handle);
  await assert.rejects(files.close(handle));
  assert.deepEqual(log.lines, [
    `syslog: guest-file-open called, filepath: ${path}, mode: w`,
    'syslog: guest-file-open, handle: 1000',
    'syslog: guest-file-write failed, handle: 1000',
    'syslog: guest-file-close called, handle: 1000',
    'syslog: guest-file-close called, handle: 1000',
  ]);
});

test('guest-file-open closes a file that is opened while the agent stops', async () => {
  using folder = temporaryFolder();
  const path = folder.file('f');
  writeFileSync(path, '');
  const handle = later<number>();
  const module = fileModule({ log: collectingLogger(), handles: { next: () => handle.promise } });
  const opening = Promise.resolve(module.handlers['guest-file-open']({ path }, context));
  await module[Symbol.asyncDispose]();
  handle.settle(1000);
  await assert.rejects(opening, { message: 'the agent has ended' });
  const open = readdirSync('/proc/self/fd').map((fd) => `/proc/self/fd/${fd}`);
  assert.deepEqual(
    open.filter((fd) => existsSync(fd) && readlinkSync(fd) === path),
    [],
  );
});
