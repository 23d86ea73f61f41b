import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';
import { MarkedText } from '../../src/transport/libvirt/marked-text.js';

const BEGIN = 'bMARK';
const END = 'eMARK';
const LIMIT_BYTES = 300;

export const target: FuzzTarget = {
  name: 'marked-text',
  invariants:
    'the text between the first begin mark and the next end mark, for every chunking; RangeError above the limit',
  covers: ['client/dist/src/transport/libvirt/marked-text'],
  maxLength: 600,
  seeds: [`echo ${BEGIN}text${END} rest`, `${END}${BEGIN}${END}`, 'bMAeMARKbMARK'],
  dictionary: [BEGIN, END, 'bMAR', 'eMAR', 'K', 'MARK'],
  run(input) {
    const expected = simply(input.toString('latin1'));
    for (const size of [1, 2, 5, input.length]) {
      const found = collect(input, size);
      if (found !== 'too long') assert.equal(found, expected);
      else assert.ok(input.length > LIMIT_BYTES, 'too long below the limit');
    }
    return expected === undefined ? 'none' : 'found';
  },
};

/** The end mark counts only after the begin mark. */
function simply(text: string): string | undefined {
  const start = text.indexOf(BEGIN);
  const end = start < 0 ? -1 : text.indexOf(END, start);
  return end < 0 ? undefined : text.slice(start + BEGIN.length, end);
}

function collect(input: Buffer, size: number): string | undefined {
  const marked = new MarkedText(BEGIN, END, LIMIT_BYTES);
  try {
    for (let at = 0; at < input.length; at += size) {
      const text = marked.push(input.subarray(at, at + size));
      if (text !== undefined) return text.toString('latin1');
    }
    return undefined;
  } catch (error) {
    assert.ok(error instanceof RangeError, `not a RangeError: ${error}`);
    return 'too long';
  }
}
