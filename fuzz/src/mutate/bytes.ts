import type { Random } from '../random.js';

/** Changes an input. Returns a new buffer, or the same one if the mutation does not apply. */
export type Mutation = (input: Buffer, random: Random, context: MutationContext) => Buffer;

/** What a mutation can take material from. */
export interface MutationContext {
  readonly dictionary: readonly Buffer[];
  /** Another input of the corpus. */
  readonly other: Buffer;
}

/** Bytes at the edges of character classes, of UTF-8 and of signed numbers. */
const EDGE_BYTES = [
  0x00, 0x01, 0x09, 0x0a, 0x0d, 0x1f, 0x20, 0x22, 0x27, 0x2c, 0x2d, 0x2e, 0x2f, 0x30, 0x39, 0x3a, 0x3d, 0x5b,
  0x5c, 0x5d, 0x7b, 0x7d, 0x7e, 0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xe0, 0xed, 0xef, 0xf4, 0xf5, 0xfd, 0xfe, 0xff,
];

/** Decimal numbers at the edges of types. */
const EDGE_NUMBERS = [
  '0',
  '-0',
  '1',
  '-1',
  '127',
  '128',
  '255',
  '256',
  '32767',
  '-32769',
  '65535',
  '65536',
  '2147483647',
  '2147483648',
  '-2147483649',
  '4294967295',
  '4294967296',
  '9007199254740991',
  '9007199254740993',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '-9223372036854775809',
  '18446744073709551615',
  '18446744073709551616',
  '1e400',
  '0.1',
  '1e-400',
  '00',
  '5e-324',
].map((text) => Buffer.from(text));

/** Sequences that decoders of UTF-8 treat differently: overlong, surrogates, noncharacters, incomplete, beyond Unicode. */
const UTF8_EDGES = [
  'c080',
  'c3a9',
  'e282ac',
  'eda080',
  'edbfbf',
  'efbfbe',
  'efbfbf',
  'efb790',
  'f0908080',
  'f09f9880',
  'f48fbfbf',
  'f4908080',
  'e0808a',
  'f0808080',
  'e282',
  'f09f98',
  'f888808080',
  'fc8480808080',
  'efbbbf',
].map((hex) => Buffer.from(hex, 'hex'));

/** Copies of a chunk that {@link repeatChunk} makes at most. */
const REPEAT_LIMIT = 2000;

/** Returns the input with the bytes between two offsets replaced. */
export function splice(input: Buffer, from: number, to: number, middle: Uint8Array): Buffer {
  return Buffer.concat([input.subarray(0, from), middle, input.subarray(to)]);
}

/** Returns the offsets of a part of the input, usually a short one. */
function chunkOf(input: Buffer, random: Random): readonly [from: number, to: number] {
  const from = random.below(input.length);
  const longest = Math.min(input.length - from, random.oneIn(4) ? input.length : 16);
  return [from, from + random.between(Math.min(1, longest), longest)];
}

function changed(input: Buffer, at: number, byte: number): Buffer {
  if (input.length === 0) return input;
  const copy = Buffer.from(input);
  copy[at] = byte;
  return copy;
}

function flipBit(input: Buffer, random: Random): Buffer {
  const at = random.below(input.length);
  return changed(input, at, (input[at] ?? 0) ^ (1 << random.below(8)));
}

function setByte(input: Buffer, random: Random): Buffer {
  return changed(
    input,
    random.below(input.length),
    random.oneIn(2) ? random.below(256) : random.pick(EDGE_BYTES),
  );
}

function addToByte(input: Buffer, random: Random): Buffer {
  const at = random.below(input.length);
  return changed(input, at, (input[at] ?? 0) + random.between(-8, 8));
}

function insertBytes(input: Buffer, random: Random): Buffer {
  const at = random.between(0, input.length);
  const added = random.oneIn(2) ? Buffer.from([random.pick(EDGE_BYTES)]) : random.bytes(random.between(1, 8));
  return splice(input, at, at, added);
}

function removeChunk(input: Buffer, random: Random): Buffer {
  const [from, to] = chunkOf(input, random);
  return splice(input, from, to, Buffer.alloc(0));
}

function copyChunk(input: Buffer, random: Random): Buffer {
  const [from, to] = chunkOf(input, random);
  const at = random.between(0, input.length);
  return splice(input, at, at, input.subarray(from, to));
}

/** Long runs reveal work that grows with the square of the input. */
function repeatChunk(input: Buffer, random: Random): Buffer {
  const [from, to] = chunkOf(input, random);
  const count = random.oneIn(8) ? random.between(2, REPEAT_LIMIT) : random.between(2, 8);
  return splice(input, to, to, Buffer.concat(Array.from({ length: count }, () => input.subarray(from, to))));
}

function truncate(input: Buffer, random: Random): Buffer {
  return input.subarray(0, random.below(input.length));
}

function insertWord(input: Buffer, random: Random, { dictionary }: MutationContext): Buffer {
  if (dictionary.length === 0) return input;
  const at = random.between(0, input.length);
  return splice(input, at, at, random.pick(dictionary));
}

function overwriteWithWord(input: Buffer, random: Random, { dictionary }: MutationContext): Buffer {
  if (dictionary.length === 0) return input;
  const word = random.pick(dictionary);
  const at = random.between(0, input.length);
  return splice(input, at, Math.min(at + word.length, input.length), word);
}

function insertUtf8(input: Buffer, random: Random): Buffer {
  const at = random.between(0, input.length);
  return splice(input, at, at, random.pick(UTF8_EDGES));
}

/** Replaces one of the decimal numbers. */
function replaceNumber(input: Buffer, random: Random): Buffer {
  const numbers = [...input.toString('latin1').matchAll(/-?[0-9]+/g)];
  if (numbers.length === 0) return input;
  const { 0: text, index } = random.pick(numbers);
  return splice(input, index, index + text.length, random.pick(EDGE_NUMBERS));
}

/** Writes a binary integer of 2, 4 or 8 bytes. */
function setInteger(input: Buffer, random: Random): Buffer {
  const size = random.pick([2, 4, 8]);
  if (input.length < size) return input;
  const value = random.pick([
    0n,
    1n,
    3n,
    4n,
    16n,
    0x7fn,
    0xffn,
    0x7fffn,
    0x7fffffffn,
    0xffffffffn,
    (1n << 63n) - 1n,
    -1n,
  ]);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  const written = bytes.subarray(0, size);
  const at = random.below(input.length - size + 1);
  return splice(input, at, at + size, random.oneIn(2) ? written : Buffer.from(written).reverse());
}

function crossOver(input: Buffer, random: Random, { other }: MutationContext): Buffer {
  return Buffer.concat([
    input.subarray(0, random.between(0, input.length)),
    other.subarray(random.between(0, other.length)),
  ]);
}

function insertOther(input: Buffer, random: Random, { other }: MutationContext): Buffer {
  const [from, to] = chunkOf(other, random);
  const at = random.between(0, input.length);
  return splice(input, at, at, other.subarray(from, to));
}

/** Mutations that need no knowledge of the format. */
export const BYTE_MUTATIONS: readonly Mutation[] = [
  flipBit,
  setByte,
  addToByte,
  insertBytes,
  removeChunk,
  removeChunk,
  copyChunk,
  repeatChunk,
  truncate,
  insertWord,
  insertWord,
  overwriteWithWord,
  insertUtf8,
  replaceNumber,
  setInteger,
  crossOver,
  insertOther,
];
