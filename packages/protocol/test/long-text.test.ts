import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Base64Data, Base64Error, LongText, WireObject } from '@guestwire/schema';
import { Groups } from '@guestwire/schema/text';
import { ReplyReader } from '../src/index.js';

function reply(data: Buffer): Buffer {
  return Buffer.from(`{"return": "${data.toString('base64')}"}\n`);
}

/** What the text is held in. */
function memoryOf({ pieces }: LongText): ArrayBufferLike[] {
  return pieces.map((piece) => (piece instanceof Groups ? piece.bytes : piece).buffer);
}

/** The long text in a reply that arrives in chunks of this size, all in the same memory, as from a socket. */
function received(reader: ReplyReader, bytes: Buffer, size = 100_000): LongText {
  const memory = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    const length = bytes.copy(memory, 0, at, at + size);
    reader.push(memory.subarray(0, length));
    const event = reader.next();
    if (event !== undefined) assert.equal(reader.next(), undefined);
    memory.fill('#');
    if (event === undefined) continue;
    assert.ok(event.kind === 'reply' && event.reply.return instanceof LongText);
    return event.reply.return;
  }
  throw new Error('no reply');
}

describe('a received LongText', () => {
  test('does not change when the chunk it arrived in is overwritten', () => {
    const data = Buffer.alloc(700_000, 'guestwire');
    for (const size of [1000, 65_536, 300_000, 2_000_000]) {
      const text = received(new ReplyReader(), reply(data), size);
      assert.ok(Base64Data.fromText(text).decode().equals(data), `in chunks of ${size}`);
    }
  });

  test('is copied, whether it fills its chunk or not', () => {
    const bytes = reply(Buffer.alloc(700_000, 'x'));
    const reader = new ReplyReader();
    reader.push(bytes);
    const event = reader.next();
    assert.ok(event?.kind === 'reply' && event.reply.return instanceof LongText);
    assert.ok(memoryOf(event.reply.return).every((buffer) => buffer !== bytes.buffer));
  });

  test('passes its memory on to a later text only after it was taken', () => {
    const reader = new ReplyReader();
    const kept = received(reader, reply(Buffer.alloc(300_000, 'kept')));
    const first = received(reader, reply(Buffer.alloc(300_000, 'first')));
    const memory = new Set(memoryOf(first));
    const taken = Base64Data.fromText(first).take();
    const second = received(reader, reply(Buffer.alloc(300_000, 'second')));
    assert.ok(memoryOf(second).some((buffer) => memory.has(buffer)));
    const third = received(reader, reply(Buffer.alloc(300_000, 'third')));
    const used = new Set(memoryOf(second));
    assert.ok(!memoryOf(third).some((buffer) => used.has(buffer)));
    assert.ok(taken.equals(Buffer.alloc(300_000, 'first')));
    assert.ok(Base64Data.fromText(kept).decode().equals(Buffer.alloc(300_000, 'kept')));
    assert.ok(Base64Data.fromText(second).decode().equals(Buffer.alloc(300_000, 'second')));
  });

  test('releases its memory once, even if released twice or not base64', () => {
    const reader = new ReplyReader();
    const bad = received(reader, Buffer.from(`{"return": "${'!'.repeat(300_000)}"}\n`));
    assert.throws(() => Base64Data.fromText(bad).take(), Base64Error);
    bad.release();
    const [one, two] = [1, 2].map((n) => received(reader, reply(Buffer.alloc(300_000, `${n}`))));
    assert.ok(one !== undefined && two !== undefined);
    const memory = new Set(memoryOf(one));
    assert.ok(!memoryOf(two).some((buffer) => memory.has(buffer)));
    assert.equal(bad.toString(), '');
  });

  test('does not release the memory of a program', () => {
    const own = Buffer.alloc(65_536, 'own');
    const text = new LongText([own], true);
    text.release();
    const later = received(new ReplyReader(), reply(Buffer.alloc(300_000, 'x')));
    assert.ok(!memoryOf(later).some((buffer) => buffer === own.buffer));
  });

  test('can be a member of an object', () => {
    const reader = new ReplyReader();
    reader.push(Buffer.from(`{"return": {"buf-b64": "${'QUJD'.repeat(20_000)}"}}\n`));
    const event = reader.next();
    assert.ok(event?.kind === 'reply' && event.reply.return instanceof WireObject);
    const text = event.reply.return.get('buf-b64');
    assert.ok(text instanceof LongText);
    assert.ok(Base64Data.fromText(text).take().equals(Buffer.alloc(60_000, 'ABC')));
  });
});
