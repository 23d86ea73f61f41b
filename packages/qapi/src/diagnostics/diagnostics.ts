/** Diagnostics of the compiler, and the collector that limits their number. */
import { includeChain, type Span } from '../source.js';
import type { DiagnosticCode } from './codes.js';

/** An error prevents the schema from being compiled; a warning does not. */
export type Severity = 'error' | 'warning';

/** A second place of a diagnostic, for example `previous definition`. */
export interface RelatedPlace {
  readonly message: string;
  readonly span: Span;
}

/** The definition with the error; shown as `FILE: In command 'x':`. */
export interface DiagnosticContext {
  /** The kind of definition: `command`, `struct`, … */
  readonly meta: string;
  readonly name: string;
}

/** An error or warning. */
export interface Diagnostic {
  readonly severity: Severity;
  /** Stable across releases, unlike the message. */
  readonly code: DiagnosticCode;
  /** QEMU's wording where QEMU has the check (qemu-ga §10). May have several lines; may hold any text of the schema. */
  readonly message: string;
  /** Absent only if no file could be read. */
  readonly span?: Span;
  readonly context?: DiagnosticContext;
  /** A possible fix. */
  readonly hint?: string;
  readonly related: readonly RelatedPlace[];
}

/** The optional parts of a diagnostic. */
export interface DiagnosticDetails {
  readonly context?: DiagnosticContext | undefined;
  readonly hint?: string | undefined;
  readonly related?: readonly RelatedPlace[] | undefined;
}

type Report = (code: DiagnosticCode, message: string, span?: Span, details?: DiagnosticDetails) => void;

/** Receives the errors and warnings of the stages. */
export interface Reporter {
  /** The number of errors so far. */
  readonly errors: number;
  readonly error: Report;
  readonly warning: Report;
}

/** The number of diagnostics that are kept; one more reports that the limit was reached. */
const LIMITS: Readonly<Record<Severity, number>> = { error: 100, warning: 1000 };

/** Longer messages are cut, in UTF-16 units. */
const MAX_MESSAGE_LENGTH = 2000;

/** A reporter that keeps the diagnostics. */
export class DiagnosticCollector implements Reporter {
  readonly diagnostics: Diagnostic[] = [];
  readonly #counts = { error: 0, warning: 0 };

  get errors(): number {
    return this.#counts.error;
  }

  readonly error: Report = (...report) => this.#add('error', ...report);
  readonly warning: Report = (...report) => this.#add('warning', ...report);

  #add(severity: Severity, ...[code, message, span, details = {}]: Parameters<Report>): void {
    this.#counts[severity] += 1;
    const excess = this.#counts[severity] - LIMITS[severity];
    if (excess > 1) return;
    const last = excess === 1;
    const { context, hint, related = [] } = last ? {} : details;
    const text = last ? `too many ${severity}s, the rest is not shown` : message;
    this.diagnostics.push({
      severity,
      code: last ? 'too-many' : code,
      message: text.length > MAX_MESSAGE_LENGTH ? `${text.slice(0, MAX_MESSAGE_LENGTH)}…` : text,
      related,
      ...(span && { span }),
      ...(context && { context }),
      ...(hint !== undefined && { hint }),
    });
  }
}

/** Sorts diagnostics by place, an included file at its directive; stable. `too-many` comes last. */
export function inTextOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics
    .map((diagnostic) => ({ diagnostic, path: pathTo(diagnostic) }))
    .sort((one, other) => comparePaths(one.path, other.path))
    .map(({ diagnostic }) => diagnostic);
}

/** Returns the offsets of the `include` directives that lead to a place, and its own. */
function pathTo({ code, span }: Diagnostic): readonly number[] {
  if (code === 'too-many') return [Number.POSITIVE_INFINITY];
  return span ? [...includeChain(span.source).map(({ start }) => start), span.start] : [];
}

function comparePaths(one: readonly number[], other: readonly number[]): number {
  const fork = one.findIndex((offset, index) => offset !== other[index]);
  if (fork === -1) return one.length - other.length;
  const [mine = 0, theirs = -1] = [one[fork], other[fork]];
  return mine < theirs ? -1 : 1;
}
