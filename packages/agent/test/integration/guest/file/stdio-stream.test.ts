import assert from 'node:assert/strict';
import { constants, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { openFd, SEEK_CUR, SEEK_END, SEEK_SET, type Whence } from '@guestwire/posix';
import fc from 'fast-check';
import { StdioStream } from '../../../../src/guest/file/stdio-stream.js';
import { Pty } from '../../../support/pty.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const { O_APPEND, O_NOCTTY, O_NONBLOCK, O_RDWR } = constants;

async function streamOf(path: string, append = false): Promise<StdioStream> {
  const fd = await openFd(path, O_RDWR | O_NOCTTY | O_NONBLOCK | (append ? O_APPEND : 0));
  return StdioStream.attach(fd, { read: true, write: true, append });
}

/** A file without any buffering, to compare with. */
class PlainFile {
  bytes = Buffer.alloc(0);
  position = 0;
  readonly #append: boolean;

  constructor(append: boolean) {
    this.#append = append;
  }

  read(count: number): { data: Buffer; eof: boolean } {
    const data = this.bytes.subarray(this.position, this.position + count);
    this.position += data.length;
    return { data, eof: data.length < count };
  }

  write(data: Buffer): void {
    if (this.#append) this.position = this.bytes.length;
    const end = this.position + data.length;
    if (data.length > 0 && end > this.bytes.length) {
      this.bytes = Buffer.concat([this.bytes], end);
    }
    data.copy(this.bytes, this.position);
    this.position = end;
  }

  seek(distance: number, whence: Whence): boolean {
    const from = whence === SEEK_SET ? 0 : whence === SEEK_CUR ? this.position : this.bytes.length;
    if (from + distance < 0) return false;
    this.position = from + distance;
    return true;
  }
}

const lengths = fc.oneof(fc.nat(20), fc.constantFrom(4095, 4096, 4097, 8192, 10_000, 70_000, 200_000));
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('read' as const), count: lengths }),
    fc.record({ kind: fc.constant('write' as const), length: lengths }),
    fc.record({ kind: fc.constant('flush' as const) }),
    fc.record({
      kind: fc.constant('seek' as const),
      distance: fc.oneof(fc.integer({ min: -20, max: 20 }), fc.constantFrom(-4096, 4095, 4096, 5000)),
      whence: fc.constantFrom<Whence[]>(SEEK_SET, SEEK_CUR, SEEK_END),
    }),
  ),
  { maxLength: 30 },
);

for (const [where, parent] of [
  ['a folder for temporary files', tmpdir()],
  ['memory', '/dev/shm'],
] as const) {
  test(`StdioStream in ${where} returns what an unbuffered file would return`, async () => {
    using folder = temporaryFolder(parent);
    const path = folder.file('f');
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (todo, append) => {
        writeFileSync(path, '');
        const stream = await streamOf(path, append);
        const plain = new PlainFile(append);
        let last: 'reading' | 'writing' | undefined;
        let fill = 0;
        for (const step of todo) {
          if (step.kind === 'read') {
            if (last === 'writing') await stream.flush();
            const expected = plain.read(step.count);
            const { data, eof } = await stream.read(step.count);
            assert.equal(eof, expected.eof);
            assert.ok(data.equals(expected.data));
            last = 'reading';
          } else if (step.kind === 'write') {
            if (last === 'reading') await stream.seek(0n, SEEK_CUR);
            fill = (fill + 1) % 256;
            const data = Buffer.alloc(step.length, fill);
            if (data.length > 0) plain.write(data);
            await stream.write(data);
            last = 'writing';
          } else if (step.kind === 'seek') {
            const moved = plain.seek(step.distance, step.whence);
            const seek = stream.seek(BigInt(step.distance), step.whence);
            if (moved) assert.equal(await seek, BigInt(plain.position));
            else await assert.rejects(seek, { errno: -22 });
            if (moved) last = undefined;
          } else {
            await stream.flush();
            last = undefined;
            assert.ok(readFileSync(path).equals(plain.bytes));
          }
        }
        await stream.close();
        assert.ok(readFileSync(path).equals(plain.bytes));
      }),
      { numRuns: 150 },
    );
  });
}

test('StdioStream does not read bytes again after a seek in the buffer, but after a flush', async () => {
  using folder = temporaryFolder();
  const path = folder.file('f');
  writeFileSync(path, 'old old old');
  const stream = await streamOf(path);
  const text = async (count: number) => (await stream.read(count)).data.toString();
  await stream.seek(0n, SEEK_SET);
  assert.equal(await text(1), 'o');
  writeFileSync(path, 'new new new');
  assert.equal(await text(3), 'ld ');
  await stream.seek(0n, SEEK_SET);
  assert.equal(await text(3), 'old');
  await stream.flush();
  assert.equal(await text(4), ' new');
  await stream.close();
});

test('StdioStream fails without a reason for offset -1 of a device, as C does', async () => {
  const zero = await streamOf('/dev/zero');
  assert.equal(await zero.seek(-2n, SEEK_SET), 4094n);
  await assert.rejects(zero.seek(-1n, SEEK_SET), { errno: -0 });
  await zero.close();
  const nothing = await streamOf('/dev/null');
  assert.equal(await nothing.seek(-1n, SEEK_SET), 0n);
  await nothing.close();
});

test('StdioStream reads a source of unknown length completely', async () => {
  const stream = await streamOf('/dev/zero');
  const { data, eof } = await stream.read(1_000_000);
  assert.deepEqual([data.length, eof, data.includes(1)], [1_000_000, false, false]);
  await stream.close();
});

test('StdioStream reads a file of /proc, whose size is 0, to its end', async () => {
  const fd = await openFd('/proc/self/smaps', constants.O_RDONLY);
  const stream = await StdioStream.attach(fd, { read: true, write: false, append: false });
  const { data, eof } = await stream.read(10_000_000);
  assert.ok(data.length > 8192);
  assert.equal(eof, true);
  await stream.close();
});

test('StdioStream reads a growing file to its new end', async () => {
  using folder = temporaryFolder();
  const path = folder.file('f');
  writeFileSync(path, Buffer.alloc(300_000, 'a'));
  const stream = await streamOf(path);
  const reading = stream.read(10_000_000);
  writeFileSync(path, Buffer.alloc(900_000, 'b'), { flag: 'a' });
  const first = await reading;
  const second = await stream.read(10_000_000);
  assert.equal(first.data.length + second.data.length, 1_200_000);
  assert.equal(second.eof, true);
  await stream.close();
});

test('StdioStream writes complete lines to a terminal', async () => {
  using pty = new Pty();
  const stream = await streamOf(pty.path);
  await stream.write(Buffer.from('one\ntw'));
  assert.equal(await pty.line(), 'one');
  await stream.write(Buffer.from('o'));
  await stream.write(Buffer.from('!\nthr'));
  assert.equal(await pty.line(), 'two!');
  await stream.flush();
  await stream.write(Buffer.from('ee\n'));
  assert.equal(await pty.line(), 'three');
  await stream.close();
});

test('StdioStream does not wait for input of a terminal', async () => {
  using pty = new Pty();
  const stream = await streamOf(pty.path);
  await assert.rejects(async () => stream.read(10), { errno: -11 });
  await assert.rejects(stream.seek(0n, SEEK_SET), { errno: -29 });
  await stream.close();
});

test('StdioStream closes the descriptor even if buffered data cannot be written', async () => {
  const fd = await openFd('/dev/full', O_RDWR);
  const stream = await StdioStream.attach(fd, { read: true, write: true, append: false });
  await stream.write(Buffer.from('x'));
  await assert.rejects(stream.close(), { errno: -28 });
  assert.throws(() => readFileSync(fd), { code: 'EBADF' });
});

test('StdioStream.close waits for the call in progress, and writes nothing to a closed descriptor', async () => {
  using folder = temporaryFolder();
  const path = folder.file('file');
  writeFileSync(path, '');
  const stream = await streamOf(path);
  await stream.write(Buffer.from('early'));
  const bytes = Buffer.alloc(32 * 1024 * 1024, 'x');
  let written = false;
  const writing = Promise.resolve(stream.write(bytes)).then(() => {
    written = true;
  });
  await stream.close();
  assert.equal(written, true);
  await writing;
  assert.deepEqual(readFileSync(path), Buffer.concat([Buffer.from('early'), bytes]));
  // The lowest number that is free is given next.
  const other = folder.file('other');
  writeFileSync(other, '');
  const next = await streamOf(other);
  await assert.rejects(async () => stream.write(bytes), { errno: -9 });
  await next.close();
  assert.equal(readFileSync(other).length, 0);
});
