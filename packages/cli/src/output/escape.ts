/**
 * The rule for all text that guestctl prints: characters that control a terminal or the direction of text are written as
 * escapes, since names, errors and values come from a guest. {@link guardedOutput} applies it to everything that is written
 * as a string; {@link printable} and {@link formatString} do it where the width or the syntax depends on it.
 */
import type { OutputStream } from '../context.js';

/**
 * Control characters (C0, DEL, C1), format characters (bidirectional marks, embeddings, overrides and isolates, zero-width
 * characters, the byte order mark, tags), and line and paragraph separators.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** The same, but tabs and line ends. */
const UNSAFE_IN_LINES = /[^\P{Cc}\n\t\r]|\r(?!\n)|[\p{Cf}\u2028\u2029]/gu;

function unit(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x10000 ? unit(code) : `\\u{${code.toString(16)}}`;
}

/** Escapes all control characters of a text, line ends too. */
export function printable(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** Escapes as {@link printable} does, but keeps tabs and line ends. */
export function printableLines(text: string): string {
  return text.replace(UNSAFE_IN_LINES, escaped);
}

/** Returns whether {@link printable} changes a text. */
export function isPrintable(text: string): boolean {
  return printable(text) === text;
}

/** Formats a string as JSON, with the same characters as JSON escapes: the value is unchanged. */
export function formatString(text: string): string {
  const escapeUnits = (character: string): string =>
    Array.from({ length: character.length }, (_, i) => unit(character.charCodeAt(i))).join('');
  return JSON.stringify(text).replace(UNSAFE, escapeUnits);
}

/**
 * Returns an output that escapes every string that is written. Bytes are written as they are: those of a guest's file or
 * program, and control sequences of guestctl itself.
 */
export function guardedOutput(output: OutputStream): OutputStream {
  return {
    write: (chunk, written) =>
      output.write(typeof chunk === 'string' ? printableLines(chunk) : chunk, written),
    get isTTY() {
      return output.isTTY;
    },
    get columns() {
      return output.columns;
    },
    get rows() {
      return output.rows;
    },
    on: (event, listener) => output.on?.(event, listener),
    off: (event, listener) => output.off?.(event, listener),
  };
}
