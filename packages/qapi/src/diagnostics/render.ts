/**
 * Diagnostics as text for people and as JSON for programs.
 */

import { includeChain, placeAt, type Span } from '../source.js';
import { excerpt, printable } from './code-frame.js';
import type { DiagnosticCode } from './codes.js';
import type { Diagnostic, DiagnosticContext, Severity } from './diagnostics.js';

/** A place in the JSON form: lines and columns begin with 1, the end is exclusive. */
interface PlaceJson {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** The JSON form of a diagnostic. */
export interface DiagnosticJson {
  readonly severity: Severity;
  readonly code: DiagnosticCode;
  readonly message: string;
  /** Absent only if no file could be read. */
  readonly place?: PlaceJson;
  readonly context?: DiagnosticContext;
  readonly hint?: string;
  readonly related: readonly { readonly message: string; readonly place: PlaceJson }[];
  /** The `include` directives through which the file was reached, the main file's first. */
  readonly includedFrom: readonly { readonly file: string; readonly line: number }[];
}

/**
 * Text of a diagnostic, without a line end after it:
 *
 *     In file included from main.json:3:
 *     sub.json: In command 'x':
 *     sub.json:5:27: the message
 *        5 | { 'command': 'x', 'data': 'Foo' }
 *          |                           ^~~~~
 *     hint: what to do
 *     other.json:1:1: a related place
 *
 * Nothing of the schema can reach a terminal as a control character.
 */
export function renderDiagnostic(diagnostic: Diagnostic): string {
  const { span, context, message, severity, hint } = diagnostic;
  const label = severity === 'warning' ? 'warning: ' : '';
  const lines: string[] = [];
  if (span) {
    lines.push(...includeLines(span));
    if (context)
      lines.push(`${printable(span.source.path)}: In ${context.meta} '${printable(context.name)}':`);
    lines.push(`${position(span)}: ${label}${printable(message)}`, ...excerpt(span));
  } else {
    lines.push(`${label}${printable(message)}`);
  }
  if (hint !== undefined) lines.push(`hint: ${printable(hint)}`);
  for (const related of diagnostic.related) {
    lines.push(...includeLines(related.span));
    lines.push(`${position(related.span)}: ${printable(related.message)}`, ...excerpt(related.span));
  }
  return lines.join('\n');
}

/** The JSON form of a diagnostic; texts are as in the schema, so that JSON's own escapes keep them safe. */
export function diagnosticToJson(diagnostic: Diagnostic): DiagnosticJson {
  const { severity, code, message, span, context, hint, related } = diagnostic;
  return {
    severity,
    code,
    message,
    ...(span && { place: placeJson(span) }),
    ...(context && { context }),
    ...(hint !== undefined && { hint }),
    related: related.map((other) => ({ message: other.message, place: placeJson(other.span) })),
    includedFrom: span
      ? includeChain(span.source).map((by) => ({
          file: by.source.path,
          line: placeAt(by.source, by.start).line,
        }))
      : [],
  };
}

function includeLines(span: Span): string[] {
  return includeChain(span.source).map(
    (by) => `In file included from ${printable(by.source.path)}:${placeAt(by.source, by.start).line}:`,
  );
}

function position({ source, start }: Span): string {
  const { line, column } = placeAt(source, start);
  return `${printable(source.path)}:${line}:${column}`;
}

function placeJson({ source, start, end }: Span): PlaceJson {
  const from = placeAt(source, start);
  const to = placeAt(source, end);
  return {
    file: source.path,
    line: from.line,
    column: from.column,
    endLine: to.line,
    endColumn: to.column,
  };
}
