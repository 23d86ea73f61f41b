import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Base64Data, Base64Error, LongText } from '../src/index.js';
import { decodeSimply } from './support/base64-model.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** As one string, and as long text cut into pieces of these sizes. */
function* sources(text: string, sizes: readonly number[]): Generator<Base64Data> {
  yield Base64Data.fromText(text);
  const bytes = Buffer.from(text);
  for (const size of sizes) {
    const chunks: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
    yield Base64Data.fromText(new LongText(chunks, bytes.length === text.length));
  }
}

function check(text: string, sizes: readonly number[]): void {
  const expected = decodeSimply(text);
  for (const data of sources(text, sizes)) {
    if (expected === undefined) {
      assert.throws(() => data.decode(), Base64Error);
      assert.throws(() => data.decodedLength(), Base64Error);
      assert.throws(() => [...data.windows()], Base64Error);
    } else {
      assert.equal(data.decode().toString('hex'), expected.toString('hex'));
      assert.equal(data.decodedLength(), expected.length);
      const windows: Buffer[] = [];
      for (const window of data.windows()) windows.push(Buffer.from(window));
      assert(Buffer.concat(windows).equals(expected));
    }
  }
}

describe('Base64Data decodes text like qemu-ga', () => {
  // Observed on QEMU 10.0: written to a file and read back.
  const observed: readonly [string, string][] = [
    ['', ''],
    ['=', ''],
    ['==', ''],
    ['===', ''],
    ['====', 'AA=='],
    ['a===', 'aA=='],
    ['ab==', 'aQ=='],
    ['ab=c', 'aRw='],
    ['a=bc', 'aAbc'],
    ['=abc', 'Aabc'],
    ['aGk', ''],
    ['aGk=', 'aGk='],
    ['aGk=aGk=', 'aGloaQ=='],
    ['aGk=\n', 'aGk='],
    ['a\nG\nk=', 'aGk='],
    ['aGk=a', 'aGk='],
    ['====aGk=', 'AGhp'],
    ['a=b=', 'aAY='],
    ['\n\n', ''],
    ['AAAA====', 'AAAAAA=='],
  ];
  for (const [text, bytes] of observed) {
    test(`${JSON.stringify(text)} is ${JSON.stringify(bytes)}`, () => {
      for (const data of sources(text, [1, 2, 3])) assert.equal(data.decode().toString('base64'), bytes);
    });
  }

  for (const text of [
    'aGk=\r\n',
    'aG k=',
    'a-b_',
    'AAAAAAA-AAAA',
    'AAAA_AAAAAAA',
    '\0',
    'é',
    'Ł',
    'aGkŁ',
    '\x7f',
    'AAAAAAAAŁ',
    '!',
  ]) {
    test(`${JSON.stringify(text)} has invalid characters`, () => {
      for (const data of sources(text, [1, 2, 3])) {
        assert.throws(() => data.decode(), {
          name: 'Base64Error',
          class: 'GenericError',
          message: 'Base64 data contains invalid characters',
        });
      }
    });
  }

  test('for any text and any pieces', () => {
    const characters = fc.constantFrom(...ALPHABET, ...'====\n\n', '-', '_', ' ', '\r');
    const good = fc.constantFrom(...ALPHABET, '=', '\n');
    fc.assert(
      fc.property(
        fc.oneof(fc.array(good, { maxLength: 120 }), fc.array(characters, { maxLength: 20 })),
        fc.integer({ min: 1, max: 40 }),
        (parts, size) => check(parts.join(''), [size]),
      ),
      { numRuns: 2000 },
    );
  });

  test('with a line feed at the start of a piece within a group', () => {
    check(`${'abcd'.repeat(6)}a\n${'bcde'.repeat(6)}`, [25]);
  });

  test('in long text with another character at any position', () => {
    const long = 'abcdefgh'.repeat(30_000);
    for (const at of [0, 1, 65_535, 65_536, 100_001, long.length - 1, long.length]) {
      for (const other of ['', '=', '\n', '-', '_', ' ', '\x80']) {
        check(long.slice(0, at) + other + long.slice(at), [50_000]);
      }
    }
  });
});

describe('Base64Data', () => {
  test('returns bytes without a copy', () => {
    const bytes = Buffer.from('hello');
    const data = Base64Data.fromBytes(bytes);
    assert.equal(data.decode().buffer, bytes.buffer);
    assert.equal(data.decodedLength(), 5);
    assert.equal(data.encodedLength, 8);
    assert.equal(data.toText(), 'aGVsbG8=');
  });

  test('keeps text encoded', () => {
    for (const data of sources('aGk', [2])) {
      assert.equal(data.toText(), 'aGk');
      assert.equal(data.encodedLength, 3);
    }
  });
});
