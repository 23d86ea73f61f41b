/** A time span: a number of milliseconds, or text with a unit: `'500ms'`, `'30s'`, `'1.5m'`, `'1h'`. */
export type Duration = number | string;

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Returns the milliseconds of a time span: not negative; `Infinity` only if given as a number.
 *
 * @throws {TypeError} if it is invalid; the message says what to write
 */
export function parseDuration(duration: Duration): number {
  if (typeof duration === 'number') {
    if (duration >= 0) return duration;
  } else if (typeof duration === 'string') {
    const [, count, unit = ''] = /^(\d{1,15}(?:\.\d{1,15})?)(ms|s|m|h)$/.exec(duration) ?? [];
    const factor = UNITS_MS[unit];
    if (factor !== undefined) return Number(count) * factor;
  }
  throw new TypeError(
    `invalid duration "${duration}": write a number and a unit, as in 500ms, 30s, 2m or 1h, or milliseconds as a number`,
  );
}
