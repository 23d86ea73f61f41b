/** A time span: a number of milliseconds, or text with a unit: `'500ms'`, `'30s'`, `'1.5m'`, `'1h'`. */
export type Duration = number | string;

const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * The milliseconds of a time span; not negative, maybe `Infinity`, which only a number can say.
 *
 * @throws {TypeError} if it is none; the message says what to write
 */
export function parseDuration(duration: Duration): number {
  if (typeof duration === 'number') {
    if (duration >= 0) return duration;
  } else if (typeof duration === 'string') {
    const [, count, unit = ''] = /^(\d{1,15}(?:\.\d{1,15})?)(ms|s|m|h)$/.exec(duration) ?? [];
    const factor = milliseconds[unit];
    if (factor !== undefined) return Number(count) * factor;
  }
  throw new TypeError(
    `"${duration}" is no duration: write a number and its unit, as in 500ms, 30s, 2m or 1h, or milliseconds as a number`,
  );
}
