/**
 * The syntax tree: what the text says, before any of it is checked. Every node has its place.
 */
import type { Source, Span } from '../source.js';

/** A string in quotes; `value` is without them and without escapes. */
export interface StringNode {
  readonly kind: 'string';
  readonly value: string;
  readonly span: Span;
}

/** `true` or `false`. */
interface BooleanNode {
  readonly kind: 'boolean';
  readonly value: boolean;
  readonly span: Span;
}

/** A list in brackets. */
export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly ValueNode[];
  readonly span: Span;
}

/** One member of an object. */
export interface EntryNode {
  readonly key: StringNode;
  readonly value: ValueNode;
}

/** An object in braces. A map, so that no key means anything to JavaScript; in the order of the text. */
export interface ObjectNode {
  readonly kind: 'object';
  readonly entries: ReadonlyMap<string, EntryNode>;
  readonly span: Span;
}

/** Any value. */
export type ValueNode = StringNode | BooleanNode | ListNode | ObjectNode;

/** A described thing or a tagged section of a documentation comment. */
export interface DocSection {
  /** The name of the described thing, or the tag. */
  readonly name: string;
  /** Text after the tag; lines below it without the indentation that they share. */
  readonly text: string;
  readonly span: Span;
}

/** A documentation comment, from `##` to `##`. */
export interface DocNode {
  readonly kind: 'doc';
  /** The name of the definition that it documents; absent if it is free-form. */
  readonly symbol?: StringNode;
  /** What stands before the first description or section; of a free-form comment, all. */
  readonly text: string;
  /** All lines. */
  readonly whole: string;
  readonly members: ReadonlyMap<string, DocSection>;
  readonly features: ReadonlyMap<string, DocSection>;
  readonly returns?: DocSection;
  readonly errors?: DocSection;
  readonly since?: DocSection;
  readonly further: readonly string[];
  /**
   * True in a file that uses sections which QEMU 9.1 dropped. It was written to the rules of QEMU 7.2 or so, and
   * rules that are younger give warnings in it.
   */
  readonly oldForm: boolean;
  /** True if an error was found in it, so that what it lacks is no further error. */
  readonly broken: boolean;
  readonly span: Span;
}

/** An expression that could not be read to its end: what was understood of it. */
export interface BrokenNode {
  readonly kind: 'broken';
  readonly entries: ReadonlyMap<string, EntryNode>;
}

/** One file, as a sequence of expressions and documentation comments. */
export interface SyntaxFile {
  readonly source: Source;
  readonly items: readonly (ObjectNode | DocNode | BrokenNode)[];
}
