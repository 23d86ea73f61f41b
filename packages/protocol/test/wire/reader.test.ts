import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import v8 from 'node:v8';
import vm from 'node:vm';
import { LongText, WireObject } from '@guestwire/schema';
import fc from 'fast-check';
import { MessageReader, type ParsedMessage } from '../../src/wire/index.js';
import { deliveries, readAll } from '../support/conversation.js';
import { plain, plainJson } from '../support/plain.js';

function text(value: string): Buffer {
  return Buffer.from(value);
}
function descs(found: readonly ParsedMessage[]): string[] {
  return found.map((incoming) => (incoming.kind === 'error' ? incoming.desc.toString() : 'value'));
}

function onlyValue(found: readonly ParsedMessage[]): unknown {
  assert.equal(found.length, 1);
  const [first] = found;
  assert.equal(first?.kind, 'value');
  return first.value;
}

/** The same bytes in chunks of these sizes, each in separate memory. */
function inChunks(bytes: Uint8Array, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    chunks.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return chunks;
}

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

describe('MessageReader holds no more than was sent', () => {
  v8.setFlagsFromString('--expose-gc');
  const gc: () => void = vm.runInNewContext('gc');
  /** Twice, since memory of buffers that the first finds unused is given back by the second. */
  const collectGarbage = (): void => {
    gc();
    gc();
  };
  const miB = 2 ** 20;

  function held(feed: (reader: MessageReader) => void): number {
    const reader = new MessageReader();
    collectGarbage();
    const before = process.memoryUsage();
    feed(reader);
    collectGarbage();
    const after = process.memoryUsage();
    assert.equal(reader.next(), undefined);
    return after.arrayBuffers - before.arrayBuffers + after.heapUsed - before.heapUsed;
  }

  test('when a string arrives in single bytes, each of which would keep a chunk alive', () => {
    const size = held((reader) => {
      reader.push(text('"'));
      for (let i = 0; i < 2000; i++) {
        reader.push(Buffer.alloc(65536, 'x').subarray(0, 1));
        reader.next();
      }
    });
    assert(size < 32 * miB, `${size} bytes are held`);
  });

  test('when a string arrives in single bytes, each in separate memory', () => {
    const size = held((reader) => {
      reader.push(text('"'));
      for (let i = 0; i < 200_000; i++) {
        reader.push(Buffer.allocUnsafeSlow(1).fill('x'));
        reader.next();
      }
    });
    assert(size < 10 * miB, `${size} bytes are held`);
  });

  test('when strings arrive in chunks of mostly white space', () => {
    const size = held((reader) => {
      reader.push(text('[""'));
      for (let i = 0; i < 500; i++) {
        const chunk = Buffer.alloc(65536, ' ');
        chunk.write(`,"${'x'.repeat(17_000)}"`);
        reader.push(chunk);
        reader.next();
      }
    });
    assert(size < 20 * miB, `${size} bytes are held`);
  });

  test('when a message exceeds its limit', () => {
    const size = held((reader) => {
      reader.push(text('['));
      for (let i = 0; i < 5; i++) {
        reader.push(Buffer.concat([text('"'), Buffer.alloc(12 * miB, 'x'), text('",')]));
        assert.equal(reader.next(), undefined);
      }
      reader.push(Buffer.concat([text('"'), Buffer.alloc(8 * miB, 'x')]));
      assert.equal(reader.next(), undefined);
    });
    assert(size < 30 * miB, `${size} bytes are held`);
  });

  test('after a syntax error in a message', () => {
    const size = held((reader) => {
      reader.push(text('[1 2'));
      for (let i = 0; i < 400; i++) {
        reader.push(text(`,"${'x'.repeat(65536)}"`));
        assert.equal(reader.next(), undefined);
      }
    });
    assert(size < 10 * miB, `${size} bytes are held`);
  });
});
