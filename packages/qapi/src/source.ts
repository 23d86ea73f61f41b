/**
 * Where things are: a file's text, ranges in it, and how a reader counts lines and columns.
 */

/** Columns of a tab stop, as QEMU's compiler counts them (qemu-ga §10). */
const TAB_WIDTH = 8;

/** One file of a schema as it was read. Its identity is that of one inclusion, so it knows by whom it was included. */
export interface Source {
  /** The path as a message shows it: as given for the main file, else joined to the folder of the includer. */
  readonly path: string;
  /** The whole text; line ends are LF. */
  readonly text: string;
  /** The `include` directive that brought the file; absent for the main file. */
  readonly includedFrom?: Span;
  /** Offsets at which lines begin, in ascending order; the first is 0. */
  readonly lineStarts: readonly number[];
}

/** A range of a source: UTF-16 offsets, `end` exclusive. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** A place as people count: both numbers begin with 1. */
export interface Place {
  readonly line: number;
  /** In characters, with tab stops every eight columns. */
  readonly column: number;
}

/** Makes a source of a text. CR LF and single CR become LF. */
export function createSource(path: string, text: string, includedFrom?: Span): Source {
  const unified = text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text;
  const lineStarts = [0];
  for (let end = unified.indexOf('\n'); end !== -1; end = unified.indexOf('\n', end + 1)) {
    lineStarts.push(end + 1);
  }
  const source = { path, text: unified, lineStarts };
  return includedFrom ? { ...source, includedFrom } : source;
}

/** The line (from 1) of an offset. */
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

/** The text of a line (from 1) without its end, and the offset at which it begins. */
export function lineText(source: Source, line: number): { readonly text: string; readonly start: number } {
  const start = source.lineStarts[line - 1] ?? source.text.length;
  const next = source.lineStarts[line];
  return { text: source.text.slice(start, next === undefined ? undefined : next - 1), start };
}

/** The place of an offset. Costs the length of its line. */
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

/** The directives through which a source was included, the main file's first. */
export function includeChain(source: Source): readonly Span[] {
  const chain: Span[] = [];
  for (let at = source.includedFrom; at; at = at.source.includedFrom) chain.push(at);
  return chain.reverse();
}
