import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';
import { Base64Data, Base64Error, LongText } from '../../src/index.js';
import { decodeSimply } from '../support/base64-model.js';

/** The sizes of the pieces in which long text is held. */
const PIECE_SIZES = [1, 3, 64, 1 << 16];

export const target: FuzzTarget = {
  name: 'base64',
  invariants:
    'bytes and errors of a character-by-character model, for any pieces; never more than 3 bytes for 4 characters',
  covers: ['schema/dist/src/base64', 'schema/dist/src/long-text'],
  seeds: ['', 'aGk=', 'aGk=aGk=', 'a\nG\nk=', 'ab=c', '====', 'aGk', 'a-b_', 'QUJD'.repeat(50)],
  dictionary: ['=', '==', '\n', '\r\n', '-', '_', '+', '/', 'AAAA', 'é', '\0'],
  run(input) {
    const text = input.toString('latin1');
    const expected = decodeSimply(text);
    for (const size of PIECE_SIZES) {
      const pieces: Buffer[] = [];
      for (let at = 0; at < input.length; at += size) pieces.push(input.subarray(at, at + size));
      check(Base64Data.fromText(new LongText(pieces, !/[\x80-\xff]/.test(text))), expected);
    }
    check(Base64Data.fromText(text), expected);
    return expected === undefined ? 'invalid' : 'valid';
  },
};

function check(data: Base64Data, expected: Buffer | undefined): void {
  if (expected === undefined) {
    assert.throws(() => data.decode(), Base64Error);
    assert.throws(() => data.decodedLength(), Base64Error);
    return;
  }
  assert.ok(data.decode().equals(expected), 'decode returns other bytes than the model');
  assert.equal(data.decodedLength(), expected.length);
  assert.ok(expected.length <= Math.floor(data.encodedLength / 4) * 3);
}
