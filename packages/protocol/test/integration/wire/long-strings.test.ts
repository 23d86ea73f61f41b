import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Base64Data, Base64Error, isText, LongText } from '@guestwire/schema';
import { Groups } from '@guestwire/schema/text';
import fc from 'fast-check';
import { MessageReader, type ParsedMessage } from '../../../src/wire/index.js';
import { readAll } from '../../support/conversation.js';

function base64(length: number): string {
  const bytes = Buffer.alloc(Math.ceil(length * 0.75));
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 167 + (i >> 7)) & 0xff;
  return bytes.toString('base64').slice(0, length);
}

/** The bytes in chunks of these sizes, one after the other and over again, in memory that is used for all of them. */
function* overwritten(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  const memory = Buffer.alloc(Math.max(...sizes));
  for (let at = 0, i = 0; at < bytes.length; i++) {
    memory.fill('#');
    const length = bytes.copy(memory, 0, at, at + (sizes[i % sizes.length] ?? 1));
    yield memory.subarray(0, length);
    at += length;
  }
}

function readInChunks(bytes: Buffer, sizes: readonly number[]): ParsedMessage[] {
  const reader = new MessageReader();
  return Array.from(overwritten(bytes, sizes), (chunk) => readAll([chunk], reader)).flat();
}

/** What was read, to compare; of a text also what it is as base64. */
function told(incoming: ParsedMessage): unknown {
  if (incoming.kind === 'error') return { error: incoming.desc.toString() };
  const { value } = incoming;
  if (!isText(value)) return value;
  const data = Base64Data.fromText(value);
  const text = value.toString();
  try {
    const bytes = data.decode();
    assert.equal(data.decodedLength(), bytes.length);
    assert.ok(Buffer.concat(Array.from(data.windows(), (window) => Buffer.from(window))).equals(bytes));
    return { text, bytes: bytes.toString('hex') };
  } catch (error) {
    assert.ok(error instanceof Base64Error);
    return { text };
  }
}

/** What may stand in the middle of text that began as base64. */
const strangers = [
  '',
  '-',
  '_',
  '=',
  '==',
  '\\/',
  '\\n',
  '\\u0041',
  '\\ud83d',
  'é',
  '\x01',
  ' ',
  '!',
  "'",
  '\x7f',
  '\xff',
];

describe('MessageReader with a long string', () => {
  test('returns the same text whichever part was decoded on arrival', () => {
    const length = fc.integer({ min: 4000, max: 60_000 });
    const places = fc.array(
      fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(...strangers)),
      {
        maxLength: 2,
      },
    );
    const sizes = fc.array(fc.integer({ min: 4090, max: 40_000 }), { minLength: 1, maxLength: 4 });
    const more = fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 4 });
    const quote = fc.constantFrom('"', "'");
    fc.assert(
      fc.property(length, places, fc.oneof(sizes, more), quote, (characters, strange, chunks, mark) => {
        let text = base64(characters);
        for (const [place, stranger] of strange) {
          const at = Math.floor(place * text.length);
          text = text.slice(0, at) + stranger + text.slice(at);
        }
        const bytes = Buffer.from(`${mark}${text}${mark}\n[1]`, text.includes('\xff') ? 'latin1' : 'utf8');
        // In portions too small for it, nothing is decoded as it comes.
        const simply = readInChunks(bytes, [1000]).map(told);
        assert.deepEqual(readInChunks(bytes, chunks).map(told), simply);
        assert.deepEqual(readInChunks(bytes, [bytes.length]).map(told), simply);
      }),
      { numRuns: 300 },
    );
  });

  test('holds base64 as decoded bytes', () => {
    for (const padding of ['', '=', '==']) {
      const text = base64(400_000 - padding.length) + padding;
      for (const size of [5000, 65_536, 100_001, 500_000]) {
        const [incoming] = readInChunks(Buffer.from(`"${text}"`), [size]);
        assert.ok(incoming?.kind === 'value' && incoming.value instanceof LongText);
        const { pieces } = incoming.value;
        const decoded = pieces.filter((piece) => piece instanceof Groups);
        // The last chunk may be too small to be worth while.
        assert.ok(decoded.reduce((sum, { length }) => sum + length, 0) > 395_000, `in chunks of ${size}`);
        assert.ok(pieces.length < 12, `${pieces.length} pieces in chunks of ${size}`);
        assert.equal(incoming.value.length, text.length);
        assert.equal(incoming.value.toString(), text);
      }
    }
  });

  test('uses little more memory than its length, with alternating chunk sizes', () => {
    const text = base64(1_000_000);
    for (const sizes of [
      [4096, 1],
      [4099, 1448],
      [1, 9000, 2],
      [40_000, 100],
    ]) {
      const [incoming] = readInChunks(Buffer.from(`"${text}"`), sizes);
      assert.ok(incoming?.kind === 'value' && incoming.value instanceof LongText);
      const held = new Set(
        incoming.value.pieces.map((piece) => (piece instanceof Groups ? piece.bytes : piece).buffer),
      );
      const bytes = Array.from(held).reduce((sum, { byteLength }) => sum + byteLength, 0);
      assert.ok(bytes < 2 * text.length, `${bytes} bytes in chunks of ${sizes}`);
      assert.equal(incoming.value.toString(), text);
    }
  });

  test('searches for its end only once', () => {
    for (const begun of ['"', '"A', '"AB', '"ABC']) {
      const reader = new MessageReader();
      assert.deepEqual(readAll([Buffer.from(begun)], reader), []);
      const chunk = Buffer.from('\\n'.repeat(20_000));
      let searches = 0;
      chunk.indexOf = (...args) => {
        searches++;
        return Buffer.prototype.indexOf.apply(chunk, args);
      };
      assert.deepEqual(readAll([chunk], reader), []);
      assert.ok(searches <= 1, `${searches} searches behind ${begun}`);
    }
  });
});
