/** Diagnostics as text and as JSON. */
import { includeChain, type Place, placeAt, type Span } from '../source.js';
import { codeFrame, printable } from './code-frame.js';
import type { Diagnostic } from './diagnostics.js';

/** A place in JSON. Lines and columns count from 1, the end is exclusive. */
interface PlaceJson extends Place {
  readonly file: string;
  readonly endLine: number;
  readonly endColumn: number;
}

/** A diagnostic in JSON. */
export interface DiagnosticJson extends Omit<Diagnostic, 'span' | 'related'> {
  /** Absent only if no file could be read. */
  readonly place?: PlaceJson;
  readonly related: readonly { readonly message: string; readonly place: PlaceJson }[];
  /** The `include` directives that lead to the file, the main file's first. */
  readonly includedFrom: readonly { readonly file: string; readonly line: number }[];
}

/**
 * Returns a diagnostic as text, without a final line end:
 *
 *     In file included from main.json:3:
 *     sub.json: In command 'x':
 *     sub.json:5:27: the message
 *        5 | { 'command': 'x', 'data': 'Foo' }
 *          |                           ^~~~~
 *     hint: a possible fix
 *     other.json:1:1: a related place
 *
 * Control characters of the schema are escaped, so that it is safe to print on a terminal.
 */
export function renderDiagnostic(diagnostic: Diagnostic): string {
  const { span, context, message, severity, hint, related } = diagnostic;
  const text = `${severity === 'warning' ? 'warning: ' : ''}${printable(message)}`;
  const where = context && `In ${context.meta} '${printable(context.name)}':`;
  const heading = span && where ? [`${printable(span.source.path)}: ${where}`] : [];
  return [
    ...(span ? placeLines(span, text, heading) : [text]),
    ...(hint === undefined ? [] : [`hint: ${printable(hint)}`]),
    ...related.flatMap((other) => placeLines(other.span, printable(other.message))),
  ].join('\n');
}

function placeLines(span: Span, text: string, heading: readonly string[] = []): readonly string[] {
  const { line, column } = placeAt(span.source, span.start);
  const includes = includeLines(span).map((by) => `In file included from ${printable(by.file)}:${by.line}:`);
  const position = `${printable(span.source.path)}:${line}:${column}`;
  return [...includes, ...heading, `${position}: ${text}`, ...codeFrame(span)];
}

/** Returns a diagnostic in JSON. Texts are unchanged, since JSON escapes control characters. */
export function diagnosticToJson(diagnostic: Diagnostic): DiagnosticJson {
  const { severity, code, message, span, related, ...optional } = diagnostic;
  return {
    severity,
    code,
    message,
    ...(span && { place: placeJson(span) }),
    ...optional,
    related: related.map((other) => ({ message: other.message, place: placeJson(other.span) })),
    includedFrom: span ? includeLines(span) : [],
  };
}

function includeLines(span: Span): readonly { readonly file: string; readonly line: number }[] {
  return includeChain(span.source).map(({ source, start }) => ({
    file: source.path,
    line: placeAt(source, start).line,
  }));
}

function placeJson({ source, start, end }: Span): PlaceJson {
  const { line: endLine, column: endColumn } = placeAt(source, end);
  return { file: source.path, ...placeAt(source, start), endLine, endColumn };
}
