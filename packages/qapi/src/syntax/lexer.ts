/**
 * Text to tokens (qemu-ga §10.1; for the dialect of 2012, §11.1).
 */

import type { DiagnosticCode } from '../diagnostics/codes.js';
import type { Reporter } from '../diagnostics/diagnostics.js';
import type { Source, Span } from '../source.js';
import type { Dialect } from './dialect.js';

/** What a token can be. `doc` is a line that begins a documentation comment, `end` the end of the file. */
export type TokenKind = '{' | '}' | '[' | ']' | ':' | ',' | 'string' | 'boolean' | 'doc' | 'end' | 'error';

/** A token. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  /** Of a string, without quotes and escapes. */
  readonly text?: string;
  /** Of a boolean. */
  readonly value?: boolean;
  /** Of an error: what is wrong. It is for the parser to report it, since it may be skipping. */
  readonly problem?: { readonly code: DiagnosticCode; readonly message: string; readonly hint?: string };
}

/** Gives the tokens of one file, one after the other. */
export interface Lexer {
  /** The next token; at the end of the file, `end` for ever. */
  next(): Token;
  /** Goes on at an offset, for one who read some text (a documentation comment) on its own. */
  resume(offset: number): void;
}

const STRUCTURAL = /[{}:,[\]]/;

/** Blanks as QEMU's compiler has them, but for the line feed that it counts: those of Python's `isspace`. */
const BLANK = /(?!\ufeff)[\s\x1c-\x1f\x85]/;

/** What a complaint about unknown text shows: all up to a structural character, a blank or a quote. */
const STRAY = /[^[\]{}:,'\s\x1c-\x1f\x85]+/y;

const WORD = /true|false/y;

/** A word of the dialect of 2012 is the whole of it. */
const WHOLE_WORD = /(?:true|false)(?![\w-])/y;

/** A line that begins a documentation comment; in 2012 once also with `# ##`. */
const DOC_2012 = /#(?:#|[ \t]+##[ \t]*$)/my;

const FUNNY = /[^\x20-\x7e]/;

/** The part of a string that needs no second look. */
const PLAIN = /[ -&(-[\]-~]*/y;

function matchAt(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0];
}

/** Reads the tokens of a source. In the dialect of 2012 unknown text is skipped, and `reporter` warned of it. */
export function createLexer(source: Source, dialect: Dialect, reporter: Reporter): Lexer {
  const { text } = source;
  const old = dialect === '2012';
  let cursor = 0;

  const token = (
    kind: TokenKind,
    start: number,
    more?: Pick<Token, 'text' | 'value' | 'problem'>,
  ): Token => ({
    kind,
    start,
    end: cursor,
    ...more,
  });

  /** The end of the line at an offset; remembered, since a line may hold a million tokens. */
  let knownEnd = -1;
  const lineEnd = (from: number): number => {
    if (from > knownEnd) {
      const end = text.indexOf('\n', from);
      knownEnd = end === -1 ? text.length : end;
    }
    return knownEnd;
  };

  const modernString = (start: number): Token => {
    const end = lineEnd(cursor);
    let value = matchAt(PLAIN, text, cursor) ?? '';
    cursor += value.length;
    for (; cursor < end; cursor += 1) {
      const character = text.charAt(cursor);
      if (character === "'") {
        cursor += 1;
        return token('string', start, { text: value });
      }
      if (character === '\\') {
        cursor += 1;
        if (cursor === end) break;
        const escaped = String.fromCodePoint(text.codePointAt(cursor) ?? 0);
        if (escaped !== '\\')
          return badString(start, 'string-escape', `unknown escape \\${escaped}`, HINT_ESCAPE);
      } else if (FUNNY.test(character)) {
        return badString(start, 'string-character', 'funny character in string');
      }
      value += character;
    }
    return badString(start, 'string-unterminated', `missing terminating "'"`);
  };

  const oldString = (start: number): Token => {
    const end = lineEnd(cursor);
    let value = '';
    for (; cursor < end; cursor += 1) {
      const character = text.charAt(cursor);
      if (character === "'") {
        cursor += 1;
        return token('string', start, { text: value });
      }
      if (character === '\\') {
        cursor += 1;
        if (cursor === end) break;
      }
      value += text.charAt(cursor);
    }
    return badString(start, 'string-unterminated', 'Mismatched quotes');
  };

  /** Goes on behind the string if it is closed on its line, else at the end of the line. */
  const badString = (start: number, code: DiagnosticCode, message: string, hint?: string): Token => {
    const end = lineEnd(cursor);
    const quote = text.slice(cursor, end).indexOf("'");
    cursor = quote === -1 ? end : cursor + quote + 1;
    return token('error', start, { problem: { code, message, ...(hint !== undefined && { hint }) } });
  };

  const skipComment = (): void => {
    cursor = lineEnd(cursor);
  };

  /** The offset of the end of the file; of its last line's end, if it has one, so that a place there is on that line. */
  const endOfFile = (): number => (text.endsWith('\n') ? text.length - 1 : text.length);

  const next = (): Token => {
    for (;;) {
      const start = cursor;
      if (start >= text.length) return { kind: 'end', start: endOfFile(), end: endOfFile() };
      const character = text.charAt(start);
      cursor += 1;
      if (character === '#') {
        const doc = text.charAt(cursor) === '#' || (old && matchAt(DOC_2012, text, start) !== undefined);
        skipComment();
        if (doc) return token('doc', start);
      } else if (isStructural(character)) {
        return token(character, start);
      } else if (character === "'") {
        return old ? oldString(start) : modernString(start);
      } else if (!BLANK.test(character)) {
        cursor = start;
        const word = matchAt(old ? WHOLE_WORD : WORD, text, start);
        if (word !== undefined) {
          cursor += word.length;
          return token('boolean', start, { value: word === 'true' });
        }
        const stray = matchAt(STRAY, text, start) ?? character;
        cursor += stray.length;
        const message = `stray '${stray}'`;
        if (!old) {
          const hint = character === '"' ? HINT_QUOTES : HINT_STRAY;
          return token('error', start, { problem: { code: 'stray-text', message, hint } });
        }
        const span: Span = { source, start, end: cursor };
        reporter.warning('stray-text', message, span, { hint: 'the dialect of 2012 ignores it' });
      }
    }
  };

  return {
    next,
    resume: (offset) => {
      cursor = offset;
    },
  };
}

const HINT_QUOTES = 'strings are in single quotes; 2012 ignored double ones: check with --dialect 2012';
const HINT_STRAY = 'remove it; the schema dialect of 2012 ignored such text: check with --dialect 2012';
const HINT_ESCAPE = `the only escape is \\\\; in the schema dialect of 2012 '\\' made any character literal: check with --dialect 2012`;

function isStructural(character: string): character is '{' | '}' | '[' | ']' | ':' | ',' {
  return STRUCTURAL.test(character);
}
