/**
 * Tokens to the syntax tree (qemu-ga §10.2; for the dialect of 2012, §11.1). After an error it goes on with the next
 * text that can be an expression of its own.
 */

import type { DiagnosticCode } from '../diagnostics/codes.js';
import type { Reporter } from '../diagnostics/diagnostics.js';
import type { Source, Span } from '../source.js';
import type { Dialect } from './dialect.js';
import { parseDocComment } from './doc-comment.js';
import { docFormOf } from './doc-form.js';
import { createLexer, type Token, type TokenKind } from './lexer.js';
import type { BrokenNode, DocNode, EntryNode, ListNode, ObjectNode, SyntaxFile, ValueNode } from './tree.js';

/** How deep lists and objects may be nested; no schema comes near it. */
const MAX_DEPTH = 100;

/** Reads one file. What cannot be read is reported, and is missing in the tree or there as a `broken` node. */
export function parseFile(source: Source, dialect: Dialect, reporter: Reporter): SyntaxFile {
  const old = dialect === '2012';
  const lexer = createLexer(source, dialect, reporter);
  const docForm = docFormOf(source, dialect);
  const items: (ObjectNode | DocNode | BrokenNode)[] = [];
  let depth = 0;
  let current = lexer.next();

  const advance = (): void => {
    do current = lexer.next();
    while (old && depth > 0 && current.kind === 'doc');
  };

  const at = (...kinds: readonly TokenKind[]): boolean => kinds.includes(current.kind);
  const atValue = (): boolean => at('{', '[', 'string', 'boolean');

  const span = (start: number, end: number): Span => ({ source, start, end });
  const place = (token: Token): Span => span(token.start, token.end);

  /** Reports a token that does not fit; what the lexer says of it takes precedence. */
  const unexpected = (code: DiagnosticCode, message: string, hint?: string): undefined => {
    const { problem } = current;
    if (problem) reporter.error(problem.code, problem.message, place(current), { hint: problem.hint });
    else reporter.error(code, message, place(current), { hint });
    return undefined;
  };

  /** Reports what the dialect of 2012 has and today's has not, and goes on as if it were right. */
  const permitOld = (code: DiagnosticCode, message: string, hint: string): void => {
    if (!old) unexpected(code, message, hint);
  };

  /** Whether a token stands at the very beginning of a line, where a new expression is likely. */
  const beginsLine = ({ start }: Token): boolean => start === 0 || source.text.charAt(start - 1) === '\n';

  const skipCommas = (): void => {
    while (old && at(',')) advance();
  };

  const parseString = (): ValueNode => {
    const node = { kind: 'string', value: current.text ?? '', span: place(current) } as const;
    advance();
    return node;
  };

  /** The separator of key and value. The reader of 2012 took any token for one; we take any that cannot be a value. */
  const parseColon = (): boolean => {
    const separates = at(':') || (old && at(','));
    if (!separates) {
      unexpected('expected-colon', "expected ':'", at(',') ? HINT_COLON : undefined);
      return false;
    }
    if (at(',')) reporter.warning('expected-colon', "expected ':'", place(current));
    advance();
    return true;
  };

  /** One `'key': value`; `current` is the key. False if it could not be read. */
  const parseEntry = (entries: Map<string, EntryNode>): boolean => {
    const key = { kind: 'string', value: current.text ?? '', span: place(current) } as const;
    advance();
    if (!parseColon()) return false;
    const earlier = entries.get(key.value);
    if (earlier) {
      const message = `duplicate key '${key.value}'`;
      const related = [{ message: 'first given here', span: earlier.key.span }];
      if (old) reporter.warning('duplicate-key', message, key.span, { related });
      else reporter.error('duplicate-key', message, place(current), { related, hint: HINT_DUPLICATE });
    }
    const value = parseValue();
    if (value) entries.set(key.value, { key, value });
    return value !== undefined;
  };

  /** An object behind its brace, into `entries`; they stay when it fails. */
  const parseObject = (start: number, entries: Map<string, EntryNode>): ObjectNode | undefined => {
    skipCommas();
    if (!at('}', 'string')) {
      return unexpected('expected-string-or-brace', "expected string or '}'");
    }
    while (at('string')) {
      if (!parseEntry(entries)) return undefined;
      if (at(',')) {
        advance();
        skipCommas();
        if (at('}')) permitOld('expected-string', 'expected string', HINT_TRAILING_COMMA);
        else if (!at('string')) return unexpected('expected-string', 'expected string');
      } else if (at('string')) {
        permitOld('expected-comma-or-brace', "expected ',' or '}'", HINT_MISSING_COMMA);
      } else if (!at('}')) {
        return unexpected('expected-comma-or-brace', "expected ',' or '}'");
      }
    }
    const { end } = current;
    depth -= 1;
    advance();
    return { kind: 'object', entries, span: span(start, end) };
  };

  /** A list behind its bracket. */
  const parseList = (start: number): ListNode | undefined => {
    const parsed: ValueNode[] = [];
    skipCommas();
    if (!at(']') && !atValue()) {
      return unexpected('expected-element', "expected '{', '[', ']', string, or boolean");
    }
    while (!at(']')) {
      const item = parseValue();
      if (!item) return undefined;
      parsed.push(item);
      if (at(',')) {
        advance();
        skipCommas();
        if (at(']')) permitOld('expected-value', EXPECTED_VALUE, HINT_TRAILING_COMMA);
      } else if (atValue() && !(at('{') && beginsLine(current))) {
        permitOld('expected-comma-or-bracket', "expected ',' or ']'", HINT_MISSING_COMMA);
      } else if (!at(']')) {
        return unexpected('expected-comma-or-bracket', "expected ',' or ']'");
      }
    }
    const { end } = current;
    depth -= 1;
    advance();
    return { kind: 'list', items: parsed, span: span(start, end) };
  };

  const parseValue = (entries = new Map<string, EntryNode>()): ValueNode | undefined => {
    const { kind, start } = current;
    switch (kind) {
      case 'string':
        return parseString();
      case 'boolean': {
        const node = { kind, value: current.value === true, span: place(current) } as const;
        advance();
        return node;
      }
      case '{':
      case '[':
        if (depth === MAX_DEPTH) {
          return unexpected('nested-too-deep', `nested deeper than ${MAX_DEPTH} levels`);
        }
        depth += 1;
        advance();
        return kind === '{' ? parseObject(start, entries) : parseList(start);
      default:
        return unexpected('expected-value', EXPECTED_VALUE);
    }
  };

  /**
   * Skips what is left of an expression: up to the brace that begins a line, to a documentation comment, or to
   * a brace behind the end of the expression.
   */
  const recover = (): void => {
    while (current.kind !== 'end') {
      if (current.kind === 'doc' && beginsLine(current)) break;
      if (current.kind === '{' && (beginsLine(current) || depth === 0)) break;
      if (current.kind === '{' || current.kind === '[') depth += 1;
      if (current.kind === '}' || current.kind === ']') depth = Math.max(0, depth - 1);
      current = lexer.next();
    }
    depth = 0;
  };

  const parseTopLevel = (): void => {
    const { start } = current;
    const entries = new Map<string, EntryNode>();
    const value = parseValue(entries);
    if (value?.kind === 'object') {
      items.push(value);
      return;
    }
    if (value) {
      reporter.error('top-level-not-object', 'top-level expression must be an object', value.span);
    } else {
      items.push({ kind: 'broken', entries });
    }
    if (current.start === start && current.kind !== 'end') current = lexer.next();
    recover();
  };

  while (current.kind !== 'end') {
    if (current.kind === 'doc') {
      const { doc, end } = parseDocComment(source, current.start, docForm, reporter);
      if (doc) items.push(doc);
      lexer.resume(end);
      advance();
    } else {
      parseTopLevel();
    }
  }
  return { source, items };
}

const EXPECTED_VALUE = "expected '{', '[', string, or boolean";

const HINT_MISSING_COMMA =
  "put a ',' before it; the schema dialect of 2012 did without: check with --dialect 2012";
const HINT_COLON = "put a ':' in its place; 2012 did not look: check with --dialect 2012";
const HINT_DUPLICATE =
  'remove one; in the schema dialect of 2012 the last one counted: check with --dialect 2012';
const HINT_TRAILING_COMMA =
  "remove the ',' before it; the schema dialect of 2012 had trailing commas: check with --dialect 2012";
