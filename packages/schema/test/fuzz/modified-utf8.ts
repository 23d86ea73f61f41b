import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';
import { decodeText, encodeText, isValidCodePoint, readSequence, wellFormed } from '../../src/text.js';

export const target: FuzzTarget = {
  name: 'modified-utf8',
  invariants:
    'the text of a sequence-by-sequence model; valid text is encoded to the same bytes again; text is always well-formed',
  covers: ['schema/dist/src/modified-utf8'],
  seeds: [
    '',
    'text',
    'é€😀',
    Buffer.from('c080', 'hex'),
    Buffer.from('eda080efbfbff4908080fc8080808080', 'hex'),
  ],
  run(input) {
    const text = decodeText(input);
    assert.equal(text, decodeSimply(input));
    assert.equal(wellFormed(text), text);
    const encoded = encodeText(text);
    assert.equal(decodeText(encoded), text);
    // A NUL byte is not modified UTF-8, and is accepted.
    const isValid = !text.includes('\ufffd') && !input.includes(0);
    if (isValid) assert.ok(encoded.equals(input), 'encodeText returns other bytes');
    return isValid ? 'valid' : 'invalid';
  },
};

function decodeSimply(bytes: Buffer): string {
  let text = '';
  const sequence = { point: 0, end: 0 };
  for (let at = 0; at < bytes.length; at = sequence.end) {
    readSequence(bytes, at, bytes.length, sequence);
    assert.ok(sequence.end > at && sequence.end <= bytes.length, 'a sequence ends outside of the bytes');
    assert.ok(sequence.point === -1 || isValidCodePoint(sequence.point));
    text += sequence.point < 0 ? '\ufffd' : String.fromCodePoint(sequence.point);
  }
  return text;
}
