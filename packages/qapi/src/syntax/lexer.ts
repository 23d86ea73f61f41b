/** Splits text into tokens (qemu-ga §10.1; for the dialect of 2012, §11.1). */
import type { DiagnosticCode } from '../diagnostics/codes.js';
import type { Reporter } from '../diagnostics/diagnostics.js';
import type { Dialect, Source } from '../source.js';
import { BLANK_CLASS, skipBlanks } from './blanks.js';

/** The kinds of tokens. `doc` is a line that begins a documentation comment, `end` the end of the file. */
export type TokenKind = Structural | 'string' | 'boolean' | 'doc' | 'end' | 'error';

type Structural = '{' | '}' | '[' | ']' | ':' | ',';

export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  /** Of a string: its value, without quotes and escapes. */
  readonly text?: string;
  /** Of a boolean. */
  readonly value?: boolean;
  /** Of an error. The parser reports it, since it may be skipping tokens. */
  readonly problem?: { readonly code: DiagnosticCode; readonly message: string; readonly hint?: string };
}

/** Unknown text, up to a structural character, a blank or a quote. */
const STRAY = new RegExp(`[^[\\]{}:,'${BLANK_CLASS}]+`, 'y');

const WORD = /true|false/y;

/** In 2012 a longer word that begins with one of these was unknown text. */
const WHOLE_WORD = /(?:true|false)(?![\w-])/y;

/** The start of a documentation comment in 2012, which could also be `# ##`. */
const DOC_2012 = /#(?:#|[ \t]+##[ \t]*$)/my;

const NOT_PRINTABLE_ASCII = /[^\x20-\x7e]/;

/** The start of a string that needs no check per character. */
const PLAIN = /[ -&(-[\]-~]*/y;

/** Reads the tokens of one file. In the dialect of 2012, unknown text is skipped with a warning to the reporter. */
export class Lexer {
  readonly #source: Source;
  readonly #text: string;
  readonly #old: boolean;
  readonly #reporter: Reporter;
  #cursor = 0;
  /** The end of the current line; cached, since a line may hold a million tokens. */
  #lineEnd = -1;

  constructor(source: Source, dialect: Dialect, reporter: Reporter) {
    this.#source = source;
    this.#text = source.text;
    this.#old = dialect === '2012';
    this.#reporter = reporter;
  }

  /** Continues at an offset, after text that the caller has read (a documentation comment). */
  resume(offset: number): void {
    this.#cursor = offset;
  }

  /** Returns the next token; at the end of the file always `end`. */
  next(): Token {
    for (;;) {
      this.#cursor = skipBlanks(this.#text, this.#cursor);
      const start = this.#cursor;
      if (start >= this.#text.length) return this.#end();
      const character = this.#text.charAt(start);
      this.#cursor += 1;
      switch (character) {
        case '{':
        case '}':
        case '[':
        case ']':
        case ':':
        case ',':
          return this.#token(character, start);
        case "'":
          return this.#string(start);
        case '#':
          if (this.#skipComment(start)) return this.#token('doc', start);
          break;
        default: {
          const token = this.#word(start, character);
          if (token) return token;
        }
      }
    }
  }

  #token(kind: TokenKind, start: number): Token {
    return { kind, start, end: this.#cursor };
  }

  /** The position is on the last line, so that a message shows that line. */
  #end(): Token {
    const offset = this.#text.endsWith('\n') ? this.#text.length - 1 : this.#text.length;
    return { kind: 'end', start: offset, end: offset };
  }

  #endOfLine(): number {
    if (this.#cursor > this.#lineEnd) {
      const end = this.#text.indexOf('\n', this.#cursor);
      this.#lineEnd = end === -1 ? this.#text.length : end;
    }
    return this.#lineEnd;
  }

  /** Returns true if the line begins a documentation comment. */
  #skipComment(start: number): boolean {
    const doc =
      this.#text.charAt(this.#cursor) === '#' || (this.#old && this.#match(DOC_2012, start) !== undefined);
    this.#cursor = this.#endOfLine();
    return doc;
  }

  /** In 2012 a backslash made any character literal, and any character was allowed. */
  #string(start: number): Token {
    const end = this.#endOfLine();
    PLAIN.lastIndex = this.#cursor;
    PLAIN.test(this.#text);
    let value = this.#text.slice(this.#cursor, PLAIN.lastIndex);
    this.#cursor = PLAIN.lastIndex;
    for (; this.#cursor < end; this.#cursor += 1) {
      const character = this.#text.charAt(this.#cursor);
      if (character === "'") {
        this.#cursor += 1;
        return { kind: 'string', start, end: this.#cursor, text: value };
      }
      if (character === '\\') {
        this.#cursor += 1;
        if (this.#cursor === end) break;
        const escaped = String.fromCodePoint(this.#text.codePointAt(this.#cursor) ?? 0);
        if (escaped !== '\\' && !this.#old)
          return this.#badString(start, 'string-escape', `unknown escape \\${escaped}`, HINT_ESCAPE);
      } else if (!this.#old && NOT_PRINTABLE_ASCII.test(character)) {
        return this.#badString(start, 'string-character', 'funny character in string');
      }
      value += this.#text.charAt(this.#cursor);
    }
    const message = this.#old ? 'Mismatched quotes' : `missing terminating "'"`;
    return this.#badString(start, 'string-unterminated', message);
  }

  /** Continues after the string if it is closed on its line, else at the end of the line. */
  #badString(start: number, code: DiagnosticCode, message: string, hint?: string): Token {
    const end = this.#endOfLine();
    const quote = this.#text.slice(this.#cursor, end).indexOf("'");
    this.#cursor = quote === -1 ? end : this.#cursor + quote + 1;
    const problem = { code, message, ...(hint !== undefined && { hint }) };
    return { kind: 'error', start, end: this.#cursor, problem };
  }

  #word(start: number, character: string): Token | undefined {
    const word = this.#match(this.#old ? WHOLE_WORD : WORD, start);
    if (word !== undefined) {
      this.#cursor = start + word.length;
      return { kind: 'boolean', start, end: this.#cursor, value: word === 'true' };
    }
    const stray = this.#match(STRAY, start) ?? character;
    this.#cursor = start + stray.length;
    const message = `stray '${stray}'`;
    if (!this.#old) {
      const hint = character === '"' ? HINT_QUOTES : HINT_STRAY;
      return { kind: 'error', start, end: this.#cursor, problem: { code: 'stray-text', message, hint } };
    }
    const span = { source: this.#source, start, end: this.#cursor };
    this.#reporter.warning('stray-text', message, span, { hint: 'the dialect of 2012 ignores it' });
    return undefined;
  }

  #match(pattern: RegExp, offset: number): string | undefined {
    pattern.lastIndex = offset;
    return pattern.exec(this.#text)?.[0];
  }
}

const HINT_QUOTES = 'use single quotes';
const HINT_STRAY = 'remove it; values are strings in single quotes, true, false, lists and objects';
const HINT_ESCAPE = 'remove the backslash; the only escape is \\\\';
