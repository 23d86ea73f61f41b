/** Builds the syntax tree (qemu-ga §10.2, §11.1). After an error it continues with the next likely expression. */
import type { DiagnosticCode } from '../diagnostics/codes.js';
import type { Reporter } from '../diagnostics/diagnostics.js';
import type { Dialect, Source, Span } from '../source.js';
import { parseDocComment } from './doc-comment.js';
import { type DocForm, docFormOf } from './doc-form.js';
import { Lexer, type Token, type TokenKind } from './lexer.js';
import type { EntryNode, ListNode, ObjectNode, StringNode, SyntaxFile, ValueNode } from './tree.js';

/** The deepest nesting of lists and objects. Real schemas stay far below it. */
const MAX_DEPTH = 100;

interface ParseOptions {
  readonly dialect: Dialect;
  /** As in `LoadOptions`. */
  readonly oldDocs: boolean;
}

/** Parses one file. Text with an error is reported; the tree lacks it or has a `broken` node in its place. */
export function parseFile(source: Source, options: ParseOptions, reporter: Reporter): SyntaxFile {
  return { source, items: new Parser(source, options, reporter).parse() };
}

class Parser {
  readonly #source: Source;
  readonly #old: boolean;
  readonly #reporter: Reporter;
  readonly #lexer: Lexer;
  readonly #docForm: DocForm;
  readonly #items: SyntaxFile['items'][number][] = [];
  #depth = 0;
  #current: Token;

  constructor(source: Source, { dialect, oldDocs }: ParseOptions, reporter: Reporter) {
    this.#source = source;
    this.#old = dialect === '2012';
    this.#reporter = reporter;
    this.#lexer = new Lexer(source, dialect, reporter);
    this.#docForm = docFormOf(source, dialect, oldDocs);
    this.#current = this.#lexer.next();
  }

  parse(): SyntaxFile['items'] {
    while (!this.#at('end')) {
      if (!this.#at('doc')) {
        this.#parseTopLevel();
        continue;
      }
      const { doc, end } = parseDocComment(this.#source, this.#current.start, this.#docForm, this.#reporter);
      if (doc) this.#items.push(doc);
      this.#lexer.resume(end);
      this.#advance();
    }
    return this.#items;
  }

  #parseTopLevel(): void {
    const { start } = this.#current;
    const entries = new Map<string, EntryNode>();
    const value = this.#parseValue(entries);
    if (value?.kind === 'object') {
      this.#items.push(value);
      return;
    }
    if (!value) this.#items.push({ kind: 'broken', entries });
    else this.#reporter.error('top-level-not-object', 'top-level expression must be an object', value.span);
    if (this.#current.start === start && !this.#at('end')) this.#current = this.#lexer.next();
    this.#recover();
  }

  /** Skips to a brace at the start of a line, a documentation comment, or a brace after the end of the expression. */
  #recover(): void {
    for (; !this.#at('end'); this.#current = this.#lexer.next()) {
      if (this.#at('doc') && this.#beginsLine()) break;
      if (this.#at('{') && (this.#beginsLine() || this.#depth === 0)) break;
      if (this.#at('{') || this.#at('[')) this.#depth += 1;
      if (this.#at('}') || this.#at(']')) this.#depth = Math.max(0, this.#depth - 1);
    }
    this.#depth = 0;
  }

  /** The entries of an object are added to `entries` as they are read, and stay there after an error. */
  #parseValue(entries?: Map<string, EntryNode>): ValueNode | undefined {
    const { kind, start } = this.#current;
    switch (kind) {
      case 'string':
        return this.#parseString();
      case 'boolean': {
        const node = { kind, value: this.#current.value === true, span: this.#span() } as const;
        this.#advance();
        return node;
      }
      case '{':
      case '[':
        if (this.#depth === MAX_DEPTH) {
          return this.#unexpected('nested-too-deep', `nested deeper than ${MAX_DEPTH} levels`);
        }
        this.#depth += 1;
        this.#advance();
        return kind === '{' ? this.#parseObject(start, entries ?? new Map()) : this.#parseList(start);
      default:
        return this.#unexpected('expected-value', EXPECTED_VALUE);
    }
  }

  #parseString(): StringNode {
    const node = { kind: 'string', value: this.#current.text ?? '', span: this.#span() } as const;
    this.#advance();
    return node;
  }

  #parseObject(start: number, entries: Map<string, EntryNode>): ObjectNode | undefined {
    this.#skipCommas();
    if (!this.#at('}') && !this.#at('string')) {
      return this.#unexpected('expected-string-or-brace', "expected string or '}'");
    }
    while (this.#at('string')) {
      if (!this.#parseEntry(entries)) return undefined;
      if (this.#at(',')) {
        this.#advance();
        this.#skipCommas();
        if (this.#at('}')) this.#permitOld('expected-string', 'expected string', HINT_TRAILING_COMMA);
        else if (!this.#at('string')) return this.#unexpected('expected-string', 'expected string');
      } else if (this.#at('string')) {
        this.#permitOld('expected-comma-or-brace', "expected ',' or '}'", HINT_MISSING_COMMA);
      } else if (!this.#at('}')) {
        return this.#unexpected('expected-comma-or-brace', "expected ',' or '}'");
      }
    }
    return { kind: 'object', entries, span: this.#close(start) };
  }

  /** Returns false if the entry could not be read. */
  #parseEntry(entries: Map<string, EntryNode>): boolean {
    const key = this.#parseString();
    if (!this.#parseColon()) return false;
    const earlier = entries.get(key.value);
    if (earlier) {
      const message = `duplicate key '${key.value}'`;
      const related = [{ message: 'first given here', span: earlier.key.span }];
      if (this.#old) this.#reporter.warning('duplicate-key', message, key.span, { related });
      else this.#reporter.error('duplicate-key', message, this.#span(), { related, hint: HINT_DUPLICATE });
    }
    const value = this.#parseValue();
    if (value) entries.set(key.value, { key, value });
    return value !== undefined;
  }

  /** The reader of 2012 took any token as the separator; we accept a comma, which cannot begin a value. */
  #parseColon(): boolean {
    const comma = this.#at(',');
    if (!this.#at(':') && !(this.#old && comma)) {
      this.#unexpected('expected-colon', "expected ':'", comma ? HINT_COLON : undefined);
      return false;
    }
    if (comma) this.#reporter.warning('expected-colon', "expected ':'", this.#span());
    this.#advance();
    return true;
  }

  #parseList(start: number): ListNode | undefined {
    const items: ValueNode[] = [];
    this.#skipCommas();
    if (!this.#at(']') && !this.#atValue()) {
      return this.#unexpected('expected-element', "expected '{', '[', ']', string, or boolean");
    }
    while (!this.#at(']')) {
      const item = this.#parseValue();
      if (!item) return undefined;
      items.push(item);
      if (this.#at(',')) {
        this.#advance();
        this.#skipCommas();
        if (this.#at(']')) this.#permitOld('expected-value', EXPECTED_VALUE, HINT_TRAILING_COMMA);
      } else if (this.#atValue() && !(this.#at('{') && this.#beginsLine())) {
        this.#permitOld('expected-comma-or-bracket', "expected ',' or ']'", HINT_MISSING_COMMA);
      } else if (!this.#at(']')) {
        return this.#unexpected('expected-comma-or-bracket', "expected ',' or ']'");
      }
    }
    return { kind: 'list', items, span: this.#close(start) };
  }

  /** Consumes the closing bracket of a list or object, and returns the place of the whole. */
  #close(start: number): Span {
    const { end } = this.#current;
    this.#depth -= 1;
    this.#advance();
    return { source: this.#source, start, end };
  }

  #advance(): void {
    do this.#current = this.#lexer.next();
    while (this.#old && this.#depth > 0 && this.#at('doc'));
  }

  #skipCommas(): void {
    while (this.#old && this.#at(',')) this.#advance();
  }

  #at(kind: TokenKind): boolean {
    return this.#current.kind === kind;
  }

  #atValue(): boolean {
    return this.#at('{') || this.#at('[') || this.#at('string') || this.#at('boolean');
  }

  /** True at the first column, where a new expression is likely. */
  #beginsLine(): boolean {
    const { start } = this.#current;
    return start === 0 || this.#source.text.charAt(start - 1) === '\n';
  }

  #span(): Span {
    return { source: this.#source, start: this.#current.start, end: this.#current.end };
  }

  /** Reports an unexpected token; an error of the lexer takes precedence. */
  #unexpected(code: DiagnosticCode, message: string, hint?: string): undefined {
    const problem = this.#current.problem ?? { code, message, hint };
    this.#reporter.error(problem.code, problem.message, this.#span(), { hint: problem.hint });
  }

  /** Reports syntax that only the dialect of 2012 allows; parsing continues in both. */
  #permitOld(code: DiagnosticCode, message: string, hint: string): void {
    if (!this.#old) this.#unexpected(code, message, hint);
  }
}

const EXPECTED_VALUE = "expected '{', '[', string, or boolean";

const HINT_MISSING_COMMA = "insert a ',' before it";
const HINT_COLON = "replace it by ':'";
const HINT_DUPLICATE = 'remove one of them';
const HINT_TRAILING_COMMA = "remove the ',' before it";
