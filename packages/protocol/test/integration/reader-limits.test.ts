import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LongText, WireObject } from '@guestwire/schema';
import { MessageReader, type ParsedMessage } from '../../src/wire/index.js';
import { deliveries, descs, inChunks, onlyValue, readAll, text } from '../support/conversation.js';

describe('MessageReader has the limits of QEMU 10.0', () => {
  const nested = (depth: number): Buffer => text('['.repeat(depth) + ']'.repeat(depth));

  test('accepts 1024 open brackets', () => {
    assert.deepEqual(descs(readAll([nested(1024)])), ['value']);
  });

  test('reports the 1025th bracket, and every closing one after it', () => {
    assert.deepEqual(descs(readAll([nested(1025)])), [
      'JSON nesting depth limit exceeded',
      ...Array.from({ length: 1025 }, () => 'JSON parse error, expecting value'),
    ]);
  });

  test('counts braces and brackets together, also after a syntax error', () => {
    const found = readAll([text(`[1 2${'[{"a":'.repeat(512)}`)]);
    assert.deepEqual(descs(found), [
      'JSON nesting depth limit exceeded',
      'value',
      'JSON parse error, expecting value',
    ]);
  });

  test('accepts 2097152 tokens', () => {
    const found = readAll([text(`[${'1,'.repeat(2 ** 20 - 2)}1 ]`)]);
    assert.deepEqual(descs(found), ['value']);
  });

  test('reports one token more, and reads the rest as new input', () => {
    const found = readAll([text(`[${'1,'.repeat(2 ** 20 - 2)}1,1,1]{}`)]);
    assert.deepEqual(descs(found), [
      'JSON token count limit exceeded',
      'value',
      'JSON parse error, expecting value',
      'value',
    ]);
  });

  /** A string token of this length. */
  const token = (bytes: number): Buffer =>
    Buffer.alloc(bytes, 'x')
      .fill('"', 0, 1)
      .fill('"', bytes - 1);
  const limit = 64 * 2 ** 20;
  const chunked = (bytes: Buffer): Buffer[] => inChunks(bytes, [65536]);

  test('accepts tokens of 64 MiB less one byte', () => {
    const value = onlyValue(readAll(chunked(token(limit - 1))));
    assert(value instanceof LongText);
    assert.equal(value.length, limit - 3);
  });

  test('reports tokens of 64 MiB', () => {
    assert.deepEqual(descs(readAll(chunked(token(limit)))), ['JSON token size limit exceeded']);
  });

  test('does not count white space', () => {
    const found = readAll([text('['), ...chunked(Buffer.alloc(limit + 1, ' ')), text(']')]);
    assert.deepEqual(found, [{ kind: 'value', value: [] }]);
  });

  test('cuts a token beyond 64 MiB, and continues in its middle', () => {
    assert.deepEqual(descs(readAll([...chunked(token(limit + 3)), text('\n')])), [
      'JSON token size limit exceeded',
      "JSON parse error, invalid keyword 'x'",
      "JSON parse error, stray '\"\n'",
    ]);
  });

  for (const bytes of [9, 10, 11, 12, 13]) {
    test(`with a limit of 10, a token of ${bytes} is treated alike however it arrives`, () => {
      const limits = { bytes: 10, tokens: 5, depth: 3 };
      const input = Buffer.concat([token(bytes), text(' [1]')]);
      const whole = readAll([input], new MessageReader(limits));
      assert.equal(whole[0]?.kind, bytes < 10 ? 'value' : 'error');
      for (const chunks of deliveries(input)) {
        assert.deepEqual(readAll(chunks, new MessageReader(limits)), whole);
      }
    });
  }
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
