import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { describe, test } from 'node:test';
import { type Guest, isGuestError, openGuest, type TransportLimits } from '@guestwire/client';
import { Base64Data } from '@guestwire/protocol';
import {
  disconnectAfterReply,
  type FakeFiles,
  type FakeGuest,
  type FakeHandlers,
  failWith,
  fakeFiles,
  fakeGuest,
  uncheckedResult,
  when,
} from '@guestwire/testing';

interface Scene {
  readonly fake: FakeGuest;
  readonly guest: Guest;
  readonly memory: FakeFiles;
}

async function scene(
  initial: Readonly<Record<string, Uint8Array>> = {},
  { handlers = {}, limits }: { handlers?: FakeHandlers; limits?: TransportLimits } = {},
): Promise<Scene> {
  const memory = fakeFiles(initial);
  const fake = fakeGuest({ ...memory.handlers, ...handlers });
  const { host } = fake;
  const transport = limits === undefined ? host : Object.assign(Object.create(host), { limits });
  return { fake, guest: await openGuest(transport), memory };
}

function pattern(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff));
}
const data = pattern(3_000_001);

function lengths(fake: FakeGuest, name: 'guest-file-read' | 'guest-file-write'): number[] {
  return fake.requests
    .filter((request) => request.name === name)
    .map(({ args }) =>
      name === 'guest-file-read'
        ? Number(args.get('count'))
        : Base64Data.fromText(String(args.get('buf-b64'))).decodedLength(),
    );
}

describe('files.readFile and files.writeFile', () => {
  test('readFile returns the contents and closes the file', async () => {
    const { guest, memory } = await scene({ '/x': data });
    assert.ok((await guest.files.readFile('/x')).equals(data));
    assert.equal(memory.openCount(), 0);
  });

  test('readFile returns no bytes for an empty file', async () => {
    const { guest } = await scene({ '/x': Buffer.alloc(0) });
    assert.equal((await guest.files.readFile('/x')).length, 0);
  });

  test('readFile rejects a file above maxSize and closes it', async () => {
    const { guest, memory } = await scene({ '/x': data });
    assert.equal((await guest.files.readFile('/x', { maxSize: data.length })).length, data.length);
    await assert.rejects(guest.files.readFile('/x', { maxSize: data.length - 1 }), (error) => {
      assert.ok(isGuestError(error, 'command'));
      assert.match(error.message, /longer than 3000000 bytes/);
      return true;
    });
    assert.equal(memory.openCount(), 0);
  });

  test('readFile rejects with the error of the guest for a missing file', async () => {
    const { guest } = await scene();
    await assert.rejects(guest.files.readFile('/x'), /No such file or directory/);
  });

  const sources: readonly [
    title: string,
    source: () => Parameters<Guest['files']['writeFile']>[1],
    bytes: Buffer,
  ][] = [
    ['text', () => 'grüße', Buffer.from('grüße')],
    ['bytes', () => data, data],
    ['no bytes', () => new Uint8Array(0), Buffer.alloc(0)],
    ['pieces', () => [data.subarray(0, 5), Buffer.alloc(0), data.subarray(5)], data],
    ['a stream of Node', () => Readable.from([data.subarray(0, 70_000), data.subarray(70_000)]), data],
    ['a web stream', () => new Blob([data]).stream(), data],
  ];
  for (const [title, source, bytes] of sources) {
    test(`writeFile writes ${title} and closes the file`, async () => {
      const { guest, memory } = await scene({ '/x': Buffer.from('something else, and longer') });
      assert.deepEqual(await guest.files.writeFile('/x', source()), { bytes: bytes.length });
      assert.ok(memory.contents.get('/x')?.equals(bytes));
      assert.equal(memory.openCount(), 0);
    });
  }

  test('writeFile appends with append', async () => {
    const { guest, memory } = await scene({ '/x': Buffer.from('one ') });
    await guest.files.writeFile('/x', 'two', { append: true });
    assert.equal(memory.contents.get('/x')?.toString(), 'one two');
    await assert.rejects(guest.files.writeFile('/x', 'z', { append: true, atomic: true }), TypeError);
  });

  test('readFile and writeFile report progress', async () => {
    const { guest } = await scene({ '/x': data });
    const read: number[] = [];
    const written: [number, number | undefined][] = [];
    await guest.files.readFile('/x', { onProgress: (bytes) => read.push(bytes) });
    await guest.files.writeFile('/y', data, { onProgress: (...progress) => written.push(progress) });
    assert.equal(read.at(-1), data.length);
    assert.deepEqual(written.at(-1), [data.length, data.length]);
    assert.deepEqual(
      read,
      read.toSorted((a, b) => a - b),
    );
  });

  test('writeFile with atomic or mode writes nothing if the guest runs no programs', async () => {
    const { guest, memory } = await scene({}, { handlers: { 'guest-exec': failWith('exec is broken') } });
    for (const options of [{ atomic: true }, { mode: 0o600 }]) {
      await assert.rejects(guest.files.writeFile('/x', 'y', options), (error) => {
        assert.ok(isGuestError(error));
        assert.match(error.message, /needs programs in the guest/);
        return true;
      });
    }
    assert.deepEqual([...memory.contents], []);
    await assert.rejects(guest.files.writeFile('/x', 'y', { mode: 0o10000 }), RangeError);
  });

  test('writeFile rejects when closing the file fails', async () => {
    const { guest } = await scene(
      {},
      { handlers: { 'guest-file-close': failWith('failed to close handle: No space left') } },
    );
    await assert.rejects(guest.files.writeFile('/x', 'y'), /No space left/);
  });

  test('readFile rejects and closes the file when the caller aborts', async () => {
    const { guest, memory } = await scene({ '/x': data });
    const caller = new AbortController();
    const reading = guest.files.readFile('/x', { signal: caller.signal, onProgress: () => caller.abort() });
    await assert.rejects(reading, (error) => isGuestError(error, 'aborted'));
    assert.equal(memory.openCount(), 0);
  });
});

describe('GuestFile', () => {
  test('reads and writes at its position', async () => {
    const { guest } = await scene({ '/x': Buffer.from('0123456789') });
    await using file = await guest.files.open('/x', 'r+');
    assert.equal(file.path, '/x');
    assert.deepEqual(await file.read(4), { data: Buffer.from('0123'), eof: false });
    assert.equal(await file.write(Buffer.from('xy')), 2);
    assert.equal(await file.seek(-3, 'end'), 7);
    assert.deepEqual(await file.read(10), { data: Buffer.from('789'), eof: true });
    assert.equal(await file.seek(3), 3);
    assert.equal(await file.seek(1, 'cur'), 4);
    assert.equal(String((await file.read(2)).data), 'xy');
    await file.flush();
  });

  test('closes once, explicitly or at the end of its scope', async () => {
    const { guest, fake } = await scene({ '/x': Buffer.from('x') });
    {
      await using file = await guest.files.open('/x');
      await file.close();
      await file.close();
    }
    assert.equal(fake.commands.filter((name) => name === 'guest-file-close').length, 1);
  });

  test('read rejects an invalid count', async () => {
    const { guest } = await scene({ '/x': Buffer.from('x') });
    await using file = await guest.files.open('/x');
    for (const count of [-1, 0.5, Number.NaN, 2 ** 53]) await assert.rejects(file.read(count), RangeError);
  });

  test('readable and writable are web streams of its bytes', async () => {
    const { guest, memory } = await scene({ '/x': data });
    await using from = await guest.files.open('/x');
    await using to = await guest.files.open('/y', 'w');
    await from.readable().pipeTo(to.writable());
    assert.ok(memory.contents.get('/y')?.equals(data));
  });

  test('createReadStream and createWriteStream are Node streams of its bytes', async () => {
    const { guest, memory } = await scene({ '/x': data });
    await using from = await guest.files.open('/x');
    await using to = await guest.files.open('/y', 'w');
    await pipeline(from.createReadStream(), to.createWriteStream());
    assert.ok(memory.contents.get('/y')?.equals(data));
    await from.seek(1);
    assert.ok((await buffer(from.createReadStream())).equals(data.subarray(1)));
  });

  test('its stream reads at most one batch ahead', async () => {
    const long = pattern(12_000_000);
    const { guest, fake } = await scene({ '/x': long });
    await using file = await guest.files.open('/x');
    const reader = file.readable().getReader();
    assert.equal(lengths(fake, 'guest-file-read').length, 0);
    await reader.read();
    await guest.call('guest-ping');
    const asked = lengths(fake, 'guest-file-read');
    assert.ok(asked.reduce((sum, length) => sum + length, 0) < long.length);
    for (let i = 0; i < 3; i++) await guest.call('guest-ping');
    assert.deepEqual(lengths(fake, 'guest-file-read'), asked);
    await reader.cancel();
  });

  test('its stream fails with the error of the guest', async () => {
    const { guest } = await scene(
      { '/x': data },
      { handlers: { 'guest-file-read': failWith('Is a directory') } },
    );
    await using file = await guest.files.open('/x');
    await assert.rejects(text(file.createReadStream()), /Is a directory/);
  });
});

describe('a transport with small message limits', () => {
  const limits = { request: 8000, reply: 16_000 };

  test('carries requests and replies that fit', async () => {
    const { guest, fake, memory } = await scene({ '/x': data.subarray(0, 100_000) }, { limits });
    const read = await guest.files.readFile('/x');
    assert.ok(read.equals(data.subarray(0, 100_000)));
    await guest.files.writeFile('/y', read);
    assert.ok(memory.contents.get('/y')?.equals(read));
    assert.ok(Math.max(...lengths(fake, 'guest-file-read')) * (4 / 3) < limits.reply);
    assert.ok(Math.max(...lengths(fake, 'guest-file-write')) * (4 / 3) < limits.request);
  });

  test('splits a large write and shortens a large read', async () => {
    const { guest, fake } = await scene({}, { limits });
    await using file = await guest.files.open('/y', 'w+');
    assert.equal(await file.write(data.subarray(0, 20_000)), 20_000);
    assert.ok(Math.max(...lengths(fake, 'guest-file-write')) * (4 / 3) < limits.request);
    await file.seek(0);
    const { data: read, eof } = await file.read(20_000);
    assert.ok(read.length > 0 && read.length * (4 / 3) < limits.reply);
    assert.equal(eof, false);
  });
});

describe('a file transfer with an untrusted guest', () => {
  const malformed: readonly [title: string, reply: object][] = [
    [
      'more bytes than were asked for',
      { count: 11, 'buf-b64': Base64Data.fromBytes(Buffer.alloc(11)), eof: false },
    ],
    [
      'a count that differs from the data',
      { count: 4, 'buf-b64': Base64Data.fromBytes(Buffer.alloc(5)), eof: false },
    ],
    ['a negative number of bytes', { count: -1, 'buf-b64': Base64Data.fromText(''), eof: false }],
    ['invalid base64', { count: 3, 'buf-b64': Base64Data.fromText('a!bc'), eof: false }],
  ];
  for (const [title, reply] of malformed) {
    test(`rejects ${title}`, async () => {
      const { guest } = await scene(
        { '/x': data },
        { handlers: { 'guest-file-read': () => uncheckedResult(reply) } },
      );
      await using file = await guest.files.open('/x');
      await assert.rejects(file.read(10), (error) => isGuestError(error, 'protocol'));
    });
  }

  test('rejects reads that return neither data nor the end of the file', async () => {
    const { guest } = await scene(
      { '/x': data },
      {
        handlers: { 'guest-file-read': () => ({ count: 0, 'buf-b64': Base64Data.fromText(''), eof: false }) },
      },
    );
    await assert.rejects(guest.files.readFile('/x'), (error) => isGuestError(error, 'protocol'));
  });

  for (const count of [-1, 6]) {
    test(`rejects a write of ${count} of 5 bytes`, async () => {
      const { guest } = await scene({}, { handlers: { 'guest-file-write': () => ({ count, eof: false }) } });
      await assert.rejects(guest.files.writeFile('/x', 'hello'), (error) => isGuestError(error, 'protocol'));
    });
  }

  test('rejects writes that write nothing', async () => {
    const { guest } = await scene({}, { handlers: { 'guest-file-write': () => ({ count: 0, eof: false }) } });
    await assert.rejects(guest.files.writeFile('/x', 'hello'), (error) => isGuestError(error, 'command'));
  });

  test('rejects when the connection ends in the middle', async () => {
    const { guest, fake } = await scene({ '/x': data });
    fake.inject(when({ command: 'guest-file-read', nth: 2 }, disconnectAfterReply()));
    await assert.rejects(guest.files.readFile('/x'), (error) => isGuestError(error, 'closed'));
  });
});
