/** The source line of a diagnostic with a caret below it, safe to print on a terminal. */
import { lineAt, lineText, type Span } from '../source.js';

/** Longer lines are cut around the caret. */
const MAX_COLUMNS = 100;

/** Visible columns left of the caret in a line that is cut. */
const LEFT_COLUMNS = 60;

/** Characters that move the cursor, or hide or reorder text. */
const UNPRINTABLE =
  /[\0-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

/** Blocks of characters that take two columns. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Characters of zero width. */
const COMBINING = /\p{Mark}/u;

/** Escapes unprintable characters except line ends. */
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

/** Escapes a part of a line that begins at `column`; tabs are expanded. */
function displayed(text: string, column: number): string {
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

/** Returns the first line of the span and a caret with a tail, in about 110 columns; nothing for an empty file. */
export function codeFrame({ source, start, end }: Span): readonly string[] {
  if (source.text === '') return [];
  const line = lineAt(source, start);
  const { text, start: lineStart } = lineText(source, line);
  const from = Math.min(start - lineStart, text.length);
  const to = Math.max(from, Math.min(end - lineStart, text.length));
  const left = from > MAX_COLUMNS ? from - LEFT_COLUMNS : 0;
  const right = Math.min(text.length, left + MAX_COLUMNS);
  const before = (left > 0 ? '…' : '') + displayed(text.slice(left, from), 0);
  const marked = displayed(text.slice(from, Math.min(to, right)), widthOf(before));
  const after = displayed(text.slice(Math.min(to, right), right), widthOf(before) + widthOf(marked));
  const number = String(line).padStart(5);
  const tail = '~'.repeat(Math.max(0, widthOf(marked) - 1));
  return [
    `${number} | ${before}${marked}${after}${right < text.length ? '…' : ''}`.trimEnd(),
    `${' '.repeat(number.length)} | ${' '.repeat(widthOf(before))}^${tail}`,
  ];
}
