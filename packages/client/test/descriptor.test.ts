import assert from 'node:assert/strict';
import { fstatSync, readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isGuestError, type Transport } from '@guestwire/client';
import { descriptorTransport } from '../src/transport/descriptor.js';
import { type SocketPair, socketPair } from './support/socketpair.js';

function opened(): [Transport, SocketPair] {
  const pair = socketPair();
  return [descriptorTransport('test', pair.fd), pair];
}

/** Collects bytes at the other end, up to a number. */
async function taken(pair: SocketPair, length: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let got = 0; got < length; ) {
    const part = pair.take();
    got += part.length;
    parts.push(part);
    await nextTurn();
  }
  return Buffer.concat(parts);
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

describe('descriptorTransport', () => {
  test('yields bytes until the peer hangs up', async () => {
    const [transport, pair] = opened();
    await using _transport = transport;
    pair.say(Buffer.from('hello '));
    const parts: Buffer[] = [];
    for await (const bytes of transport) {
      parts.push(Buffer.from(bytes));
      if (parts.length === 1) pair.say(Buffer.from('world'));
      else pair.hangUp();
    }
    assert.equal(Buffer.concat(parts).toString(), 'hello world');
  });

  test('yields bytes that arrived before the hangup', async () => {
    const [transport, pair] = opened();
    await using _transport = transport;
    pair.say(Buffer.from('goodbye'));
    pair.hangUp();
    const parts: Uint8Array[] = [];
    for await (const bytes of transport) parts.push(bytes);
    assert.equal(Buffer.concat(parts).toString(), 'goodbye');
  });

  test('does not overwrite yielded chunks', async () => {
    const [transport, pair] = opened();
    await using _transport = transport;
    const parts: Uint8Array[] = [];
    pair.say(Buffer.alloc(100_000, 'a'));
    for await (const bytes of transport) {
      parts.push(bytes);
      const length = parts.reduce((sum, part) => sum + part.length, 0);
      if (length === 100_000) pair.say(Buffer.alloc(100_000, 'b'));
      if (length === 200_000) break;
    }
    assert.ok(Buffer.concat(parts).equals(Buffer.from('a'.repeat(100_000) + 'b'.repeat(100_000))));
  });

  test('sends large data in order to a slow reader', async () => {
    const [transport, pair] = opened();
    await using _transport = transport;
    const much = Buffer.from(Array.from({ length: 400_000 }, (_, i) => `${i} `).join(''));
    const half = much.length >> 1;
    const writes = [transport.write(much.subarray(0, half)), transport.write(much.subarray(half))];
    assert.ok((await taken(pair, much.length)).equals(much));
    await Promise.all(writes);
  });

  test('reads while a write waits', async () => {
    const [transport, pair] = opened();
    await using _transport = transport;
    const much = Buffer.alloc(4_000_000);
    const write = transport.write(much);
    await nextTurn();
    pair.say(Buffer.from('x'));
    for await (const bytes of transport) {
      assert.equal(Buffer.from(bytes).toString(), 'x');
      break;
    }
    await taken(pair, much.length);
    await write;
  });

  test('rejects writes after the hangup', async () => {
    const [transport, pair] = opened();
    await using _transport = transport;
    const write = transport.write(Buffer.alloc(4_000_000));
    await nextTurn();
    pair.hangUp();
    await assert.rejects(write, (error) => isGuestError(error, 'closed'));
    await assert.rejects(transport.write(Buffer.of(1)), (error) => isGuestError(error, 'closed'));
  });

  test('ends pending operations and closes its descriptor on dispose', async () => {
    const [transport, pair] = opened();
    const write = transport.write(Buffer.alloc(4_000_000));
    const failed = assert.rejects(write, (error) => isGuestError(error, 'closed'));
    const reading = (async () => {
      for await (const _bytes of transport) assert.fail('nobody has said anything');
    })();
    await nextTurn();
    await transport[Symbol.asyncDispose]();
    await transport[Symbol.asyncDispose]();
    await Promise.all([failed, reading]);
    assert.equal(isOpen(pair.fd), false);
    pair.hangUp();
  });

  test('shares one poll with many transports and leaks no descriptor', async () => {
    const descriptors = (): number => readdirSync('/proc/self/fd').length;
    const before = descriptors();
    const all = Array.from({ length: 50 }, opened);
    const answered = all.map(async ([transport]) => {
      for await (const bytes of transport) return Buffer.from(bytes).toString();
      return undefined;
    });
    for (const [index, [, pair]] of [...all.entries()].toReversed()) {
      await nextTurn();
      pair.say(Buffer.from(String(index)));
    }
    assert.deepEqual(
      await Promise.all(answered),
      all.map((_, index) => String(index)),
    );
    for (const [transport, pair] of all) {
      await transport[Symbol.asyncDispose]();
      pair.hangUp();
    }
    while (descriptors() > before) await nextTurn();
  });
});
