import assert from 'node:assert/strict';
import process from 'node:process';
import { describe, test } from 'node:test';
import v8 from 'node:v8';
import vm from 'node:vm';
import { type Guest, isGuestError, memoryTransports, openGuest } from '@guestwire/client';
import {
  Base64Data,
  CommandError,
  encodeReply,
  failure,
  parseRequest,
  success,
  type WireObject,
} from '@guestwire/protocol';
import { MessageReader } from '@guestwire/protocol/wire';
import { type FakeGuest, type FakeHandlers, fakeGuest } from '@guestwire/testing';

const MIB = 2 ** 20;

/** Returns bytes without repetitions. */
function pattern(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 7 + (i >> 16)) & 0xff;
  return bytes;
}

/** A file of a fake guest. */
class FakeFile {
  content: Buffer;
  #position = 0;

  constructor(content: Buffer = Buffer.alloc(0)) {
    this.content = content;
  }

  read(count: number): { count: number; 'buf-b64': Base64Data; eof: boolean } {
    const data = this.content.subarray(this.#position, this.#position + count);
    this.#position += data.length;
    return { count: data.length, 'buf-b64': Base64Data.fromBytes(data), eof: data.length < count };
  }

  write(data: Buffer): { count: number; eof: boolean } {
    const [before, after] = [this.#position, this.#position + data.length];
    this.content = Buffer.concat([this.content.subarray(0, before), data, this.content.subarray(after)]);
    this.#position = after;
    return { count: data.length, eof: false };
  }

  /** The commands that open, read and write it. */
  get handlers() {
    return {
      'guest-file-open': ({ mode = 'r' }) => {
        if (mode.startsWith('w')) this.content = Buffer.alloc(0);
        this.#position = 0;
        return 1000;
      },
      'guest-file-close': () => undefined,
      'guest-file-seek': ({ offset }) => {
        this.#position = Number(offset);
        return { position: this.#position, eof: false };
      },
      'guest-file-read': ({ count = 4096 }) => this.read(Number(count)),
      'guest-file-write': (args) => this.write(args['buf-b64'].decode()),
    } satisfies FakeHandlers;
  }
}

v8.setFlagsFromString('--expose-gc');
const collectGarbage: () => void = vm.runInNewContext('gc');

async function opened(handlers: FakeHandlers, version = '10.0'): Promise<{ guest: Guest; fake: FakeGuest }> {
  const fake = fakeGuest(handlers, { version });
  return { guest: await openGuest(fake.host), fake };
}

describe('a transfer', () => {
  for (const version of ['10.0', '2.5']) {
    for (const length of [0, 1, 256 * 1024, 256 * 1024 + 1, 5 * MIB + 3]) {
      test(`carries ${length} bytes in both directions with an agent of ${version}`, async () => {
        const bytes = pattern(length);
        const file = new FakeFile();
        const { guest } = await opened(file.handlers, version);
        await using _closed = guest;
        assert.deepEqual(await guest.files.writeFile('/f', bytes), { bytes: length });
        assert.ok(file.content.equals(bytes));
        assert.ok((await guest.files.readFile('/f')).equals(bytes));
      });
    }
  }

  test('yields what was read before an error and then rejects', async () => {
    const bytes = pattern(8 * MIB);
    const file = new FakeFile(bytes);
    let reads = 0;
    const { guest } = await opened({
      ...file.handlers,
      'guest-file-read': ({ count = 4096 }) => {
        if (++reads === 6) throw new CommandError('failed to read file: Input/output error');
        return file.read(Number(count));
      },
    });
    await using _closed = guest;
    await using open = await guest.files.open('/f');
    const got: Buffer[] = [];
    await assert.rejects(
      async () => {
        for await (const part of open.chunks()) got.push(part);
      },
      (error) => isGuestError(error, 'command') && /Input\/output error/.test(error.message),
    );
    const all = Buffer.concat(got);
    assert.ok(all.length > 0);
    assert.ok(bytes.subarray(0, all.length).equals(all));
  });

  test('yields chunks that are not overwritten unless reuse is set', async () => {
    const bytes = Buffer.alloc(40 * MIB + 7);
    for (let at = 0; at < bytes.length - 4; at += 4) bytes.writeUInt32LE(at, at);
    const { guest } = await opened(new FakeFile(bytes).handlers);
    await using _closed = guest;
    for (const reuse of [false, true]) {
      await using open = await guest.files.open('/f');
      const kept: Buffer[] = [];
      const seen: Buffer[] = [];
      for await (const chunk of open.chunks({ reuse })) {
        kept.push(chunk);
        seen.push(Buffer.from(chunk));
        // While the next ones are on their way.
        await guest.call('guest-ping');
        assert.ok(chunk.equals(seen.at(-1) ?? Buffer.alloc(0)));
      }
      assert.ok(Buffer.concat(seen).equals(bytes));
      assert.equal(Buffer.concat(kept).equals(bytes), !reuse);
    }
  });

  test('keeps no data alive after it has ended', async () => {
    const file = new FakeFile(pattern(8 * MIB));
    const { guest } = await opened(file.handlers);
    await using _closed = guest;
    const size = 16 * MIB;
    const held = async (): Promise<number> => {
      for (let i = 0; i < 3; i++) {
        collectGarbage();
        await new Promise((resolve) => setImmediate(resolve));
      }
      return process.memoryUsage().arrayBuffers;
    };
    const bring = async (): Promise<void> => {
      file.content = pattern(size);
      await using open = await guest.files.open('/f');
      for await (const _ of open.chunks());
      await guest.files.readFile('/f');
    };
    await bring();
    const before = await held();
    for (let i = 0; i < 4; i++) await bring();
    const more = (await held()) - before;
    assert.ok(more < size, `${more} bytes are held`);
  });

  test('rejects more bytes than requested without overwriting other chunks', async () => {
    const file = new FakeFile(pattern(4 * MIB));
    let reads = 0;
    const { guest } = await opened({
      ...file.handlers,
      'guest-file-read': ({ count = 4096 }) => {
        if (++reads < 4) return file.read(Number(count));
        const data = Base64Data.fromBytes(Buffer.alloc(Number(count) + 1, 'x'));
        return { count: Number(count), 'buf-b64': data, eof: false };
      },
    });
    await using _closed = guest;
    await using open = await guest.files.open('/f');
    const got: Buffer[] = [];
    await assert.rejects(
      async () => {
        for await (const chunk of open.chunks({ reuse: true })) got.push(Buffer.from(chunk));
      },
      (error) =>
        isGuestError(error, 'protocol') && /returned a count of \d+ with \d+ bytes/.test(error.message),
    );
    assert.ok(
      pattern(4 * MIB)
        .subarray(0, Buffer.concat(got).length)
        .equals(Buffer.concat(got)),
    );
  });

  test('retries a refused chunk with smaller ones from the same position', async () => {
    const bytes = pattern(6 * MIB + 5);
    const file = new FakeFile();
    const { guest } = await opened({
      ...file.handlers,
      'guest-file-write': (args) => {
        const data = args['buf-b64'].decode();
        if (data.length > 300_000) throw new CommandError('this is too much at once');
        return file.write(data);
      },
    });
    await using _closed = guest;
    await guest.files.writeFile('/f', bytes);
    assert.ok(file.content.equals(bytes));
  });

  test('rejects a partial write', async () => {
    const file = new FakeFile();
    const { guest } = await opened({
      ...file.handlers,
      'guest-file-write': () => ({ count: 3, eof: false }),
    });
    await using _closed = guest;
    await assert.rejects(
      guest.files.writeFile('/f', pattern(MIB)),
      (error) => isGuestError(error, 'command') && /wrote only part of the data/.test(error.message),
    );
  });

  test('lets other calls run between its batches', async () => {
    const file = new FakeFile(pattern(8 * MIB));
    const { guest, fake } = await opened(file.handlers);
    await using _closed = guest;
    const reading = guest.files.readFile('/f');
    let over = false;
    void reading.finally(() => {
      over = true;
    });
    while (!over) await guest.call('guest-ping');
    const { commands } = fake;
    const reads = [commands.indexOf('guest-file-read'), commands.lastIndexOf('guest-file-read')];
    assert.ok(commands.slice(...reads).includes('guest-ping'));
    assert.equal((await reading).length, 8 * MIB);
  });
});

/** A guest that answers synchronizations at once, and reads only on `answer`. */
function slowGuest(echoesIds: boolean) {
  const [host, end] = memoryTransports();
  const reads: WireObject[] = [];
  let arrived = (): void => {};
  const say = (reply: Parameters<typeof encodeReply>[0]): void => {
    end.write(Buffer.concat([...encodeReply(reply)])).catch(() => {});
  };
  const idOf = (id: unknown): never | undefined => (echoesIds ? (id as never) : undefined);
  const ids: unknown[] = [];
  void (async () => {
    const reader = new MessageReader();
    for await (const bytes of end) {
      reader.push(bytes);
      for (let incoming = reader.next(); incoming !== undefined; incoming = reader.next()) {
        if (incoming.kind === 'error') continue;
        const request = parseRequest(incoming.value);
        if (!request.ok) {
          say(failure(request.error, request.id));
        } else if (request.name.startsWith('guest-sync')) {
          say(success(request.args.get('id'), idOf(request.id), request.name === 'guest-sync-delimited'));
        } else if (request.name === 'guest-file-open') {
          say(success(1000, idOf(request.id)));
        } else {
          reads.push(request.args);
          ids.push(request.id);
          arrived();
        }
      }
    }
  })();
  return {
    host,
    /** Waits for `count` reads and returns the number of reads that have arrived. */
    async arrive(count: number): Promise<number> {
      while (reads.length < count) {
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
      }
      // Gives further requests time to arrive.
      for (let i = 0; i < 20; i++) await new Promise(setImmediate);
      return reads.length;
    },
    answer(index: number): void {
      const count = Number(reads[index]?.get('count'));
      const data = Base64Data.fromBytes(Buffer.alloc(count, index));
      say(success({ count, 'buf-b64': data, eof: false }, idOf(ids[index])));
    },
  };
}

describe('GuestFile.readMany', () => {
  test('sends the next request before the previous reply, at most two at a time', async () => {
    const slow = slowGuest(true);
    await using guest = await openGuest(slow.host);
    const file = await guest.files.open('/f');
    const reading = file.readMany(10, 4);
    for (let answered = 0; answered < 4; answered++) {
      assert.equal(await slow.arrive(Math.min(answered + 2, 4)), Math.min(answered + 2, 4));
      slow.answer(answered);
    }
    const { results } = await reading;
    assert.deepEqual(
      results.map(({ data }) => data[0]),
      [0, 1, 2, 3],
    );
  });

  test('sends one request at a time if the agent does not echo ids', async () => {
    const slow = slowGuest(false);
    await using guest = await openGuest(slow.host);
    const file = await guest.files.open('/f');
    const reading = file.readMany(10, 3);
    for (let answered = 0; answered < 3; answered++) {
      assert.equal(await slow.arrive(answered + 1), answered + 1);
      slow.answer(answered);
    }
    assert.equal((await reading).results.length, 3);
  });
});

describe('GuestFile.writeMany', () => {
  test('sends no further request after a failure', async () => {
    const [host, end] = memoryTransports();
    const carriedOut: string[] = [];
    let sendsGarbage = true;
    void (async () => {
      const reader = new MessageReader();
      let bytesOfRequest = 0;
      for await (const bytes of end) {
        bytesOfRequest += bytes.length;
        reader.push(bytes);
        for (let incoming = reader.next(); incoming !== undefined; incoming = reader.next()) {
          bytesOfRequest = 0;
          const request = incoming.kind === 'value' && parseRequest(incoming.value);
          if (request === false || !request.ok) continue;
          const { name, args, id } = request;
          carriedOut.push(name);
          const isSync = name.startsWith('guest-sync');
          const returned = isSync
            ? args.get('id')
            : { 'guest-file-open': 1000, 'guest-file-write': { count: MIB, eof: false } }[name];
          const reply = success(returned ?? {}, id, name === 'guest-sync-delimited');
          end.write(Buffer.concat([...encodeReply(reply)])).catch(() => {});
        }
        // Sends garbage while the first request is received.
        if (bytesOfRequest > MIB / 2 && sendsGarbage) {
          sendsGarbage = false;
          end.write(Buffer.from('login:\n')).catch(() => {});
        }
      }
    })();
    await using guest = await openGuest(host);
    const file = await guest.files.open('/f');
    const piece = pattern(MIB);
    await assert.rejects(file.writeMany([piece, piece, piece]), (error) => isGuestError(error, 'protocol'));
    await guest.call('guest-ping');
    // Gives further requests time to arrive.
    for (let i = 0; i < 100; i++) await new Promise(setImmediate);
    await guest.call('guest-ping');
    assert.equal(sendsGarbage, false);
    assert.ok(!carriedOut.includes('guest-file-write'), carriedOut.join());
  });
});
