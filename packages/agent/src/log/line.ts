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
  json: (time, level, message) => `${JSON.stringify({ time: isoTime(time), level, message })}\n`,
};

/** Escapes control characters as `\x0a`: text from a host must not look like a log line. */
export function oneLine(text: string): string {
  return text.replace(CONTROLS, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

const CONTROLS = /[\x00-\x08\x0a-\x1f\x7f]/g;

function isoTime(time: number): string {
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
