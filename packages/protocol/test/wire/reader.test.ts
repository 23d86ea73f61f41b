import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LongText, WireObject } from '@guestwire/schema';
import fc from 'fast-check';
import { MessageReader, type ParsedMessage } from '../../src/wire/index.js';
import { descs, inChunks, onlyValue, readAll, text } from '../support/conversation.js';
import { plain, plainJson } from '../support/plain.js';

describe('MessageReader reads on demand', () => {
  test('stops at the end of a message and leaves the rest unread', () => {
    const reader = new MessageReader();
    reader.push(text('{"a":1}{"b":'));
    assert.equal(reader.next()?.kind, 'value');
    assert(reader.hasUnread);
    assert.equal(reader.next(), undefined);
    assert(!reader.hasUnread);
  });

  test('reads queued chunks in order', () => {
    const reader = new MessageReader();
    for (const part of ['[1', '2,', '', '3]', '[4]']) reader.push(text(part));
    assert.deepEqual(readAll([], reader), []);
    assert.deepEqual(readAll([text('[5]')], reader), [
      { kind: 'value', value: [12, 3] },
      { kind: 'value', value: [4] },
      { kind: 'value', value: [5] },
    ]);
  });

  test('ends a number at top level at the next byte, without consuming it', () => {
    const reader = new MessageReader();
    assert.deepEqual(readAll([text('12')], reader), []);
    assert.deepEqual(readAll([text('[')], reader), [{ kind: 'value', value: 12 }]);
    assert.deepEqual(readAll([text(']')], reader), [{ kind: 'value', value: [] }]);
  });

  test('continues half a message with the bytes of the next connection', () => {
    const reader = new MessageReader();
    assert.deepEqual(readAll([text('{"execute":"gue')], reader), []);
    const value = onlyValue(readAll([text('st-ping"}')], reader));
    assert(value instanceof WireObject);
    assert.equal(value.get('execute'), 'guest-ping');
  });
});

describe('MessageReader with long strings', () => {
  const sizes = [[1 << 20], [65536], [1000], [1, 70000, 13], [16384]];
  const contents = {
    ASCII: 'abcdefgh',
    escapes: 'ab\\n\\u20AC\\ud83d\\ude00\\"',
    'UTF-8': 'aé€😀',
    'single quotes and U+0000': "it's\\u0000",
  };

  for (const [kind, content] of Object.entries(contents)) {
    test(`of ${kind} keep their text in whatever chunks they come`, () => {
      const json = `"${content.repeat(20_000)}"`;
      for (const size of sizes) {
        const value = onlyValue(readAll(inChunks(text(json), size)));
        assert(value instanceof LongText);
        assert.equal(value.toString(), JSON.parse(json));
        assert.equal(value.ascii, kind === 'ASCII');
      }
    });
  }

  test('finds an error in any chunk', () => {
    for (const at of [0, 1, 4095, 65530, 100_000]) {
      const json = text(`"${'x'.repeat(at)}\\ud800${'x'.repeat(100_000 - at)}"`);
      for (const size of sizes) {
        assert.deepEqual(descs(readAll(inChunks(json, size))), [
          'JSON parse error, \\ud800 is not a valid Unicode character',
        ]);
      }
    }
  });

  test('accepts them as keys', () => {
    const key = 'k'.repeat(100_000);
    const value = onlyValue(readAll([text(`{"${key}":1}`)]));
    assert(value instanceof WireObject);
    assert.equal(value.get(key), 1);
  });

  test('examines every byte at any position and alignment', () => {
    const length = 90;
    for (let skew = 0; skew < 4; skew++) {
      const bytes = Buffer.alloc(skew + length);
      const token = bytes.subarray(skew);
      for (let at = 1; at < length - 1; at++) {
        const put = (byte: number): ParsedMessage | undefined => {
          token
            .fill('x')
            .fill("'", 0, 1)
            .fill("'", length - 1);
          token[at] = byte;
          return readAll([token])[0];
        };
        for (const stray of [0x00, 0x1f, 0xfe, 0xff]) {
          const found = put(stray);
          assert.equal(found?.kind === 'error' && found.stray, stray);
        }
        for (const plainByte of [0x20, 0x22, 0x7f]) {
          const text = `${'x'.repeat(at - 1)}${String.fromCharCode(plainByte)}${'x'.repeat(length - at - 2)}`;
          assert.deepEqual(put(plainByte), { kind: 'value', value: text });
        }
        assert.deepEqual(put(0x27), { kind: 'value', value: 'x'.repeat(at - 1) });
        assert.equal(put(0x5c)?.kind, at === length - 2 ? undefined : 'error');
        assert.equal(put(0x80)?.kind, 'error');
      }
    }
  });
});

describe('MessageReader', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .array(
        fc.constantFrom(
          '{',
          '}',
          '[',
          ']',
          ',',
          ':',
          '"a"',
          "'b'",
          '1',
          '-0.5e3',
          'true',
          'no',
          ' ',
          '@',
          '\\',
          '"',
          '\xff',
          '\n',
        ),
        { maxLength: 30 },
      )
      .map((parts) => Buffer.from(parts.join(''), 'latin1')),
  );

  test('never throws, and reads the same messages from any chunks', () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (input, sizes) => {
        assert.deepEqual(readAll(inChunks(input, sizes)), readAll([input]));
      }),
      { numRuns: 2000 },
    );
  });

  test('reads a message after a line feed and a byte FF, whatever came before', () => {
    fc.assert(
      fc.property(bytes, (input) => {
        const found = readAll([input, Buffer.from('\n\xff{"execute":"guest-ping"}', 'latin1')]);
        assert.deepEqual(descs(found.slice(-2)), ["JSON parse error, stray '\uFFFD'", 'value']);
      }),
    );
  });

  test('reads JSON like JSON.parse', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 30 }), (value, size) => {
        const found = readAll(inChunks(text(JSON.stringify([value])), [size]));
        assert.deepEqual(plain(onlyValue(found) as never), plainJson([value]));
      }),
    );
  });
});
