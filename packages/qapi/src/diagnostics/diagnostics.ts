/**
 * What the compiler has to say about a schema: the record of it, and the collector that bounds how much is said.
 */

import { includeChain, type Span } from '../source.js';
import type { DiagnosticCode } from './codes.js';

/** An error leaves no schema; a warning does. */
export type Severity = 'error' | 'warning';

/** A second place that belongs to a diagnostic, for instance `previous definition`. */
export interface RelatedPlace {
  readonly message: string;
  readonly span: Span;
}

/** The definition that a diagnostic is about; shown as `FILE: In command 'x':`. */
export interface DiagnosticContext {
  /** The kind of definition: `command`, `struct`, … */
  readonly meta: string;
  readonly name: string;
}

/** One thing that is wrong, or looks so. */
export interface Diagnostic {
  readonly severity: Severity;
  /** Stable across releases, unlike the message. */
  readonly code: DiagnosticCode;
  /** QEMU's wording where QEMU has the check (qemu-ga §10); may have several lines. Holds text of the schema as it is. */
  readonly message: string;
  /** Absent only if no file could be read. */
  readonly span?: Span;
  readonly context?: DiagnosticContext;
  /** What to do about it. */
  readonly hint?: string;
  readonly related: readonly RelatedPlace[];
}

/** What a diagnostic may carry beside its message and place. */
export interface DiagnosticDetails {
  readonly context?: DiagnosticContext | undefined;
  readonly hint?: string | undefined;
  readonly related?: readonly RelatedPlace[] | undefined;
}

/** Takes what the stages of the compiler report. */
export interface Reporter {
  /** How many errors were reported so far. */
  readonly errors: number;
  error(code: DiagnosticCode, message: string, span: Span | undefined, details?: DiagnosticDetails): void;
  warning(code: DiagnosticCode, message: string, span: Span | undefined, details?: DiagnosticDetails): void;
}

/** A reporter that keeps what it gets. */
export interface DiagnosticCollector extends Reporter {
  readonly diagnostics: readonly Diagnostic[];
}

/** How many errors are kept, and how many warnings; past either one more says so. */
const KEPT: Readonly<Record<Severity, number>> = { error: 100, warning: 1000 };

/** Longest message that is kept whole, in UTF-16 units. */
const LONGEST_MESSAGE = 2000;

/** Makes an empty collector. */
export function collectDiagnostics(): DiagnosticCollector {
  const diagnostics: Diagnostic[] = [];
  const count = { error: 0, warning: 0 };
  const add = (
    severity: Severity,
    code: DiagnosticCode,
    message: string,
    span: Span | undefined,
    details: DiagnosticDetails = {},
  ): void => {
    count[severity] += 1;
    const excess = count[severity] - KEPT[severity];
    if (excess > 1) return;
    diagnostics.push({
      severity,
      code: excess === 1 ? 'too-many' : code,
      message: excess === 1 ? `too many ${severity}s, the rest is not shown` : shortened(message),
      related: excess === 1 ? [] : (details.related ?? []),
      ...(span && { span }),
      ...(excess < 1 && details.context && { context: details.context }),
      ...(excess < 1 && details.hint !== undefined && { hint: details.hint }),
    });
  };
  return {
    diagnostics,
    get errors() {
      return count.error;
    },
    error: (...report) => add('error', ...report),
    warning: (...report) => add('warning', ...report),
  };
}

function shortened(message: string): string {
  return message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
}

/**
 * Diagnostics as a reader of the schema meets their places, an included file where its directive stands. Those of
 * one place stay in the order of the checks, and that there are too many comes last.
 */
export function inTextOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics
    .map((diagnostic) => ({ diagnostic, way: wayTo(diagnostic) }))
    .sort((one, other) => compareWays(one.way, other.way))
    .map(({ diagnostic }) => diagnostic);
}

/** Offsets of the directives that lead to a place, then its own. */
function wayTo({ code, span }: Diagnostic): readonly number[] {
  if (code === 'too-many') return [Number.POSITIVE_INFINITY];
  return span ? [...includeChain(span.source).map(({ start }) => start), span.start] : [];
}

function compareWays(one: readonly number[], other: readonly number[]): number {
  const fork = one.findIndex((offset, index) => offset !== other[index]);
  if (fork === -1) return one.length - other.length;
  const [mine = 0, theirs = -1] = [one[fork], other[fork]];
  return mine < theirs ? -1 : 1;
}
