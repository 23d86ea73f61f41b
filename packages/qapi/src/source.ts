/** Source files, ranges in them, lines and columns. */

/**
 * The language version: today's (qemu-ga §10); `2.9`, which also accepts the forms of QEMU 2.9 to 8.2; or `2012`, which also accepts
 * those of QEMU 0.15 to 2.8 (qemu-ga §11).
 */
export type Dialect = 'modern' | '2.9' | '2012';

/** Distance of tab stops in columns, as in QEMU's compiler (qemu-ga §10). */
const TAB_WIDTH = 8;

/** One inclusion of a schema file. */
export interface Source {
  /** The path in messages: as given for the main file, else joined to the folder of the including file. */
  readonly path: string;
  /** The whole text; line ends are LF. */
  readonly text: string;
  /** The `include` directive; absent for the main file. */
  readonly includedFrom?: Span;
  /** Offsets of the starts of lines, ascending; the first is 0. */
  readonly lineStarts: readonly number[];
}

/** A range of a source: UTF-16 offsets, `end` exclusive. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** A line and column, both counted from 1. */
export interface Place {
  readonly line: number;
  /** In characters, with tab stops every eight columns. */
  readonly column: number;
}

/** Creates a source. CR LF and single CR become LF. */
export function createSource(path: string, text: string, includedFrom?: Span): Source {
  const unified = text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text;
  let lineStarts: readonly number[] | undefined;
  return {
    path,
    text: unified,
    ...(includedFrom && { includedFrom }),
    // Only diagnostics need it.
    get lineStarts() {
      lineStarts ??= lineStartsOf(unified);
      return lineStarts;
    },
  };
}

function lineStartsOf(text: string): readonly number[] {
  const starts = [0];
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
  return starts;
}

/** Returns the line (from 1) of an offset. */
export function lineAt(source: Source, offset: number): number {
  const { lineStarts } = source;
  let low = 0;
  let high = lineStarts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}

/** Returns the text of a line (from 1) without its end, and the offset of its start. */
export function lineText(source: Source, line: number): { readonly text: string; readonly start: number } {
  const start = source.lineStarts[line - 1] ?? source.text.length;
  const next = source.lineStarts[line];
  return { text: source.text.slice(start, next === undefined ? undefined : next - 1), start };
}

/** Returns the line and column of an offset. Takes time in proportion to the length of the line. */
export function placeAt(source: Source, offset: number): Place {
  const line = lineAt(source, offset);
  const start = source.lineStarts[line - 1] ?? 0;
  const before = source.text.slice(start, offset);
  if (!/[\t\ud800-\udfff]/.test(before)) return { line, column: before.length + 1 };
  let column = 1;
  for (const character of before) {
    column = character === '\t' ? column + TAB_WIDTH - ((column - 1) % TAB_WIDTH) : column + 1;
  }
  return { line, column };
}

/** Returns the `include` directives that lead to a source, the main file's first. */
export function includeChain(source: Source): readonly Span[] {
  const chain: Span[] = [];
  for (let at = source.includedFrom; at; at = at.source.includedFrom) chain.push(at);
  return chain.reverse();
}
