import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { FuzzTarget } from '@guestwire/fuzz';
import { outcomeOf } from '@guestwire/fuzz';
import { WireObject, type WireValue } from '@guestwire/schema';
import { encodeReply, success } from '../../src/index.js';
import { type ParsedMessage, REQUEST_LIMITS } from '../../src/wire/index.js';
import { inChunks, readAll } from '../support/conversation.js';
import { plain, plainJson } from '../support/plain.js';
import { JSON_DICTIONARY, JSON_SEEDS } from '../support/wire-words.js';

/** Sizes of chunks, repeated. */
const CHUNK_SIZES = [[1], [2], [7, 1, 3], [64]];

export const target: FuzzTarget = {
  name: 'wire-reader',
  invariants:
    'never throws; the same messages for every chunking; the value of JSON.parse; an encoded value is read back; a byte FF recovers',
  covers: ['protocol/dist/src/wire/', 'schema/dist/src/long-text', 'schema/dist/src/values'],
  seeds: JSON_SEEDS,
  dictionary: JSON_DICTIONARY,
  structure: ['tokens'],
  run(input) {
    const found = readAll([input]);
    for (const sizes of CHUNK_SIZES) {
      assert.ok(
        isDeepStrictEqual(readAll(inChunks(input, sizes)), found),
        `other messages in chunks of ${sizes}`,
      );
    }
    compareWithJson(input, found);
    for (const message of found) if (message.kind === 'value') encodesBack(message.value);
    const recovered = readAll([input, Buffer.from('\n\xff[1]', 'latin1')]).slice(-2);
    assert.deepEqual(
      recovered.map(({ kind }) => kind),
      ['error', 'value'],
    );
    const problem = found.find(({ kind }) => kind === 'error');
    return problem?.kind === 'error'
      ? outcomeOf(problem.desc.toString().replace(/'.*|\\u.*(?= is not)/s, ''))
      : `${Math.min(found.length, 5)}`;
  },
};

/** What strict JSON has in addition to the dialect: a number such as `0e1`, and a member twice. */
const REFUSED_JSON =
  /duplicate key|nesting depth|not a valid Unicode|expected separator|JSON parse error, stray/;

/** An object or array that is JSON is read as JSON.parse reads it. */
function compareWithJson(input: Buffer, found: readonly ParsedMessage[]): void {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(input));
  } catch {
    return;
  }
  if (typeof json !== 'object' || json === null) return;
  const problem = found.find((message) => message.kind === 'error');
  if (problem !== undefined) assert.match(problem.desc.toString(), REFUSED_JSON);
  else {
    const [only] = found;
    assert.equal(found.length, 1);
    assert.ok(only?.kind === 'value');
    assert.deepEqual(plain(only.value), plainJson(json));
  }
}

/** What is encoded is read and encoded again as the same bytes, unless a number is infinite, or a zero that is read as an integer. */
function encodesBack(value: WireValue): void {
  const bytes = Buffer.concat([...encodeReply(success(value))]);
  assert.match(bytes.toString('latin1'), /^[ -~]*\n$/);
  if (/\binf\b|-0(?![.\d])/.test(bytes.toString('latin1')) || depthOf(value) >= REQUEST_LIMITS.depth) return;
  const [again, ...more] = readAll([bytes]);
  assert.equal(more.length, 0);
  assert.ok(again?.kind === 'value' && again.value instanceof WireObject);
  const returned = again.value.get('return');
  assert.ok(Buffer.concat([...encodeReply(success(returned))]).equals(bytes), 'another encoding');
}

function depthOf(value: WireValue): number {
  let deepest = 0;
  const left: (readonly [WireValue, number])[] = [[value, 0]];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [inner, depth] = next;
    deepest = Math.max(deepest, depth);
    if (Array.isArray(inner)) for (const item of inner) left.push([item, depth + 1]);
    else if (inner instanceof WireObject) for (const [, item] of inner) left.push([item, depth + 1]);
  }
  return deepest;
}
