/**
 * The line of a schema that a diagnostic points at, with a caret under it, fit for any terminal.
 */
import { lineAt, lineText, type Span } from '../source.js';

/** Columns of the line that are shown; a longer line is cut around the caret. */
const SHOWN = 100;

/** Columns that stay visible left of the caret when a line is cut. */
const LEFT = 60;

/**
 * Characters that would move the cursor, hide or reorder text: controls, separators, marks of direction,
 * zero-width characters, lone surrogates.
 */
const UNPRINTABLE =
  /[\0-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

/** Characters that take two columns: East Asian wide forms and emoji, by their large blocks. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Characters that take no column of their own. */
const COMBINING = /\p{Mark}/u;

/** Text with everything unprintable, but for line ends, written as an escape. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) => (character === '\n' ? character : escaped(character)));
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += COMBINING.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/** A part of a line as it is shown; tabs become blanks up to the next stop. */
function shown(text: string, column: number): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  let result = '';
  let at = column;
  for (const character of text) {
    const piece = character === '\t' ? ' '.repeat(8 - (at % 8)) : printable(character);
    result += piece;
    at += widthOf(piece);
  }
  return result;
}

/**
 * Two lines: the first line of the span with its number, and a caret with a tail below it. No more than some
 * 110 columns wide, however long the line. Empty if the span is the end of an empty file.
 */
export function excerpt({ source, start, end }: Span): readonly string[] {
  if (source.text === '') return [];
  const line = lineAt(source, start);
  const { text, start: lineStart } = lineText(source, line);
  const from = Math.min(start - lineStart, text.length);
  const to = Math.max(from, Math.min(end - lineStart, text.length));
  const left = from > SHOWN ? from - LEFT : 0;
  const right = Math.min(text.length, left + SHOWN);
  const before = (left > 0 ? '…' : '') + shown(text.slice(left, from), 0);
  const marked = shown(text.slice(from, Math.min(to, right)), widthOf(before));
  const after = shown(text.slice(Math.min(to, right), right), widthOf(before) + widthOf(marked));
  const number = String(line).padStart(5);
  const tail = '~'.repeat(Math.max(0, widthOf(marked) - 1));
  return [
    `${number} | ${before}${marked}${after}${right < text.length ? '…' : ''}`.trimEnd(),
    `${' '.repeat(number.length)} | ${' '.repeat(widthOf(before))}^${tail}`,
  ];
}
