import type { Random } from '../random.js';
import { type Mutation, type MutationContext, splice } from './bytes.js';

/** A string, a word or number, white space, or one other byte. */
const TOKEN = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[\w.+-]+|\s+|./gs;
const OPENING = '{[(';
const CLOSING = '}])';

type Span = readonly [from: number, to: number];

function spansOf(input: Buffer): Span[] {
  return Array.from(
    input.toString('latin1').matchAll(TOKEN),
    ({ 0: text, index }): Span => [index, index + text.length],
  ).filter(([from]) => !/\s/.test(String.fromCharCode(input[from] as number)));
}

/** Returns the spans of balanced brackets, and of the strings and words between them. */
function subtreesOf(input: Buffer): Span[] {
  const open: number[] = [];
  return spansOf(input).flatMap(([from, to]): Span[] => {
    const first = String.fromCharCode(input[from] as number);
    if (OPENING.includes(first)) {
      open.push(from);
      return [];
    }
    if (!CLOSING.includes(first)) return /[,:]/.test(first) ? [] : [[from, to]];
    const start = open.pop();
    return start === undefined ? [] : [[start, to]];
  });
}

function pickSpan(spans: readonly Span[], random: Random): Span {
  return spans.length === 0 ? [0, 0] : random.pick(spans);
}

function removeToken(input: Buffer, random: Random): Buffer {
  const [from, to] = pickSpan(spansOf(input), random);
  return splice(input, from, to, Buffer.alloc(0));
}

function swapTokens(input: Buffer, random: Random): Buffer {
  const spans = spansOf(input);
  const [one, other] = [pickSpan(spans, random), pickSpan(spans, random)];
  const [first, second] = one[0] < other[0] ? [one, other] : [other, one];
  if (first[1] > second[0]) return input;
  return Buffer.concat([
    input.subarray(0, first[0]),
    input.subarray(...second),
    input.subarray(first[1], second[0]),
    input.subarray(...first),
    input.subarray(second[1]),
  ]);
}

function replaceByWord(input: Buffer, random: Random, { dictionary }: MutationContext): Buffer {
  if (dictionary.length === 0) return input;
  const [from, to] = pickSpan(spansOf(input), random);
  return splice(input, from, to, random.pick(dictionary));
}

function replaceSubtree(input: Buffer, random: Random, { other }: MutationContext): Buffer {
  const source = random.oneIn(2) ? input : other;
  const [from, to] = pickSpan(subtreesOf(input), random);
  return splice(input, from, to, source.subarray(...pickSpan(subtreesOf(source), random)));
}

/** Adds an element or member beside another one. */
function addSibling(input: Buffer, random: Random, { other }: MutationContext): Buffer {
  const source = random.oneIn(2) ? input : other;
  const [, to] = pickSpan(subtreesOf(input), random);
  const added = source.subarray(...pickSpan(subtreesOf(source), random));
  return splice(input, to, to, Buffer.concat([Buffer.from(random.pick([', ', ': ', ' '])), added]));
}

/** Puts a value into arrays or objects, some of them deep. */
function nest(input: Buffer, random: Random): Buffer {
  const [from, to] = pickSpan(subtreesOf(input), random);
  const depth = random.oneIn(8) ? random.between(2, 1100) : 1;
  const [before, after] = random.pick([['[', ']'] as const, ['{"a":', '}'] as const, ['{', '}'] as const]);
  return splice(
    input,
    from,
    to,
    Buffer.concat([
      Buffer.from(before.repeat(depth)),
      input.subarray(from, to),
      Buffer.from(after.repeat(random.oneIn(4) ? depth - 1 : depth)),
    ]),
  );
}

/** Puts a string into the other quotes, or a word into quotes. */
function requote(input: Buffer, random: Random): Buffer {
  const [from, to] = pickSpan(spansOf(input), random);
  const text = input.toString('latin1', from, to);
  const bare = /^(['"])(.*)\1$/s.exec(text)?.[2] ?? text;
  const quote = random.pick(["'", '"', '']);
  return splice(input, from, to, Buffer.from(`${quote}${bare}${quote}`, 'latin1'));
}

/** Mutations of text with words, strings and brackets. */
export const TOKEN_MUTATIONS: readonly Mutation[] = [
  removeToken,
  swapTokens,
  replaceByWord,
  replaceSubtree,
  addSibling,
  nest,
  requote,
];
