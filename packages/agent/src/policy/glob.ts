/**
 * A pattern for absolute paths. In a component `*` matches any characters, `?` one character, `[a-z]` one of a class and
 * `[!a-z]` one outside of it; none of them matches `/`. A component `**` matches any number of components, also none. A
 * character that means something else stands for itself in a class: `[*]`.
 *
 * A match takes time in proportion to the product of both lengths at most.
 */
export class Glob {
  readonly text: string;
  /** The folder above the first component that is a pattern, or above the last one: all matching paths are below it. */
  readonly fixedPrefix: string;
  /** True if only one path matches. */
  readonly isLiteral: boolean;
  readonly #components: readonly Matcher[];

  /** @throws {SyntaxError} if `text` is not an absolute pattern without `.`, `..` and empty components */
  constructor(text: string) {
    this.text = text;
    const names = componentsOf(text);
    this.#components = names.map(parseComponent);
    const first = names.findIndex(isPattern);
    this.isLiteral = first < 0;
    this.fixedPrefix = `/${names.slice(0, first).join('/')}`;
  }

  /** Returns whether an absolute path matches, which has no `.`, `..` or empty components. */
  matches(path: string): boolean {
    return matchSequence(this.#components, path.slice(1).split('/'));
  }

  /** Returns the same pattern below another folder. @param folder a path, no pattern, in place of the fixed prefix */
  below(folder: string): Glob {
    const rest = this.fixedPrefix === '/' ? this.text : this.text.slice(this.fixedPrefix.length);
    return new Glob(`${folder === '/' ? '' : literal(folder)}${rest}`);
  }
}

/** Matches one component or character; `any` matches any number of them. */
type Matcher = ((item: string) => boolean) | 'any';

/** Returns a pattern that matches only `text`. */
function literal(text: string): string {
  return text.replace(/[*?[]/g, '[$&]');
}

function isPattern(name: string): boolean {
  return /[*?[]/.test(name);
}

function componentsOf(text: string): readonly string[] {
  if (!text.startsWith('/')) throw new SyntaxError('a path rule begins with /');
  if (text.includes('\0')) throw new SyntaxError('a path rule has no NUL');
  const names = text.slice(1).split('/');
  if (names.includes('')) throw new SyntaxError('a path rule has no empty component, and no / at its end');
  if (names.includes('.') || names.includes('..')) {
    throw new SyntaxError('a path rule has no . or .. component');
  }
  return names;
}

function parseComponent(text: string): Matcher {
  if (text === '**') return 'any';
  if (text.includes('**')) throw new SyntaxError('** stands alone between slashes: /folder/**/name');
  if (!isPattern(text)) return (name) => name === text;
  const tokens = text.matchAll(/\[!?\]?[^\]]*\]|./gsu);
  const characters = Array.from(tokens, ([token]) => parseToken(token));
  return (name) => matchSequence(characters, Array.from(name));
}

function parseToken(token: string): Matcher {
  if (token === '*') return 'any';
  if (token === '?') return () => true;
  // A bracket right after the beginning is a member, so these classes do not end.
  if (token === '[' || token === '[]' || token === '[!]') {
    throw new SyntaxError('[ without ]; write [[] for the character itself');
  }
  if (!token.endsWith(']') || token.length < 2) return (character) => character === token;
  const isNegated = token.startsWith('[!');
  const isMember = parseClass(token.slice(isNegated ? 2 : 1, -1));
  return (character) => isMember(character) !== isNegated;
}

/** @param text the inside of a class: characters, and ranges such as `a-z` */
function parseClass(text: string): (character: string) => boolean {
  const codes = Array.from(text, codeOf);
  const ranges: (readonly [from: number, to: number])[] = [];
  for (let index = 0; index < codes.length; index += 1) {
    const from = codes[index] ?? 0;
    const to = codes[index + 1] === DASH ? codes[index + 2] : undefined;
    if (to !== undefined) index += 2;
    if (to !== undefined && to < from) throw new SyntaxError(`[${text}]: a range ends before it begins`);
    ranges.push([from, to ?? from]);
  }
  return (character) => {
    const code = codeOf(character);
    return ranges.some(([from, to]) => from <= code && code <= to);
  };
}

const DASH = 0x2d;

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

/** After a mismatch only the last `any` is extended: an earlier one could match no more. */
function matchSequence(patterns: readonly Matcher[], items: readonly string[]): boolean {
  let at = 0;
  let retryAt: number | undefined;
  let retryIndex = 0;
  let index = 0;
  while (index < items.length) {
    const pattern = patterns[at];
    if (pattern === 'any') {
      at += 1;
      retryAt = at;
      retryIndex = index;
    } else if (pattern?.(items[index] ?? '') === true) {
      at += 1;
      index += 1;
    } else if (retryAt !== undefined) {
      at = retryAt;
      retryIndex += 1;
      index = retryIndex;
    } else return false;
  }
  return patterns.slice(at).every((pattern) => pattern === 'any');
}
