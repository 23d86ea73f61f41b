/** The levels of a log line (qemu-ga §8.7). */
export type LogLevel = 'error' | 'critical' | 'warning' | 'info' | 'debug';

/** Formats of log lines; the first is that of qemu-ga. */
export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** A formatted line with its newline. `time` is in microseconds since the epoch. */
type Formatter = (time: number, level: LogLevel, text: string) => string;

/**
 * `text` is `SECONDS.MICROSECONDS: LEVEL: TEXT` (qemu-ga §8.7). `json` is an object with `time` (ISO 8601, UTC,
 * microseconds), `level` and `message`. Both are one line, whatever text a host has sent.
 */
export const formatters: Readonly<Record<LogFormat, Formatter>> = {
  text: (time, level, text) => `${(time / 1e6).toFixed(6)}: ${level}: ${oneLine(text)}\n`,
  json: (time, level, message) => `${escapeJson(JSON.stringify({ time: isoTime(time), level, message }))}\n`,
};

/**
 * Escapes characters that control a terminal or have no width as `\x0a` or, from U+0100, `\u{202e}`: text from a host must
 * neither look like a log line nor change how one is displayed.
 */
export function oneLine(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(UNPRINTABLE, (char) => {
    const code = char.codePointAt(0) ?? 0;
    const digits = code.toString(16);
    return code < 0x100 ? `\\x${digits.padStart(2, '0')}` : `\\u{${digits}}`;
  });
}

/** Most texts; tested faster than by the properties of characters. */
const PLAIN = /^[\x20-\x7e]*$/;

/** Controls but for the tab, format characters such as those for the direction of text, and both separators of lines. */
const UNPRINTABLE = /(?!\t)[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Escapes the same characters in a JSON text; only strings contain them. */
function escapeJson(text: string): string {
  return text.replace(UNPRINTABLE, (char) =>
    char
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** Returns microseconds since the epoch as ISO 8601 in UTC, with six decimals. */
export function isoTime(time: number): string {
  const micros = Math.floor(time % 1000);
  return new Date(time / 1000).toISOString().replace('Z', `${String(micros).padStart(3, '0')}Z`);
}

/** A larger difference between the two clocks of {@link microseconds} means that the clock was set. */
const DRIFT_MS = 2;

let origin = performance.timeOrigin;

/** Returns the time in microseconds since the epoch. Follows the clock when it is set, or when the machine has slept. */
export function microseconds(): number {
  const ticked = performance.now();
  const now = Date.now();
  if (Math.abs(origin + ticked - now) > DRIFT_MS) origin = now - ticked;
  return Math.floor((origin + ticked) * 1000);
}
