/** The syntax tree. Every node has its place. */
import type { Source, Span } from '../source.js';

/** A string; `value` is without quotes and escapes. */
export interface StringNode {
  readonly kind: 'string';
  readonly value: string;
  readonly span: Span;
}

interface BooleanNode {
  readonly kind: 'boolean';
  readonly value: boolean;
  readonly span: Span;
}

export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly ValueNode[];
  readonly span: Span;
}

export interface EntryNode {
  readonly key: StringNode;
  readonly value: ValueNode;
}

/** An object in braces. The entries are a map, since a key may be `__proto__`; in the order of the text. */
export interface ObjectNode {
  readonly kind: 'object';
  readonly entries: ReadonlyMap<string, EntryNode>;
  readonly span: Span;
}

export type ValueNode = StringNode | BooleanNode | ListNode | ObjectNode;

/** A description or a tagged section of a documentation comment. */
export interface DocSection {
  /** The described name, or the tag. */
  readonly name: string;
  /** The text after the tag, without the common indentation. */
  readonly text: string;
  readonly span: Span;
}

/** A documentation comment, from `##` to `##`. */
export interface DocNode {
  readonly kind: 'doc';
  /** The name of the documented definition; absent in a free-form comment. */
  readonly symbol?: StringNode;
  /** The text before the first description or section; in a free-form comment, all of it. */
  readonly text: string;
  /** All lines. */
  readonly whole: string;
  readonly members: ReadonlyMap<string, DocSection>;
  readonly features: ReadonlyMap<string, DocSection>;
  readonly returns?: DocSection;
  readonly errors?: DocSection;
  readonly since?: DocSection;
  readonly further: readonly string[];
  /** True in a file with sections that QEMU 9.1 dropped: newer rules give warnings there. */
  readonly oldForm: boolean;
  /** True after an error, so that missing parts are not reported as well. */
  readonly broken: boolean;
  readonly span: Span;
}

/** An expression with a syntax error: the entries before it. */
export interface BrokenNode {
  readonly kind: 'broken';
  readonly entries: ReadonlyMap<string, EntryNode>;
}

/** One file, as a sequence of expressions and documentation comments. */
export interface SyntaxFile {
  readonly source: Source;
  readonly items: readonly (ObjectNode | DocNode | BrokenNode)[];
}
