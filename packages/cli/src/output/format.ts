const BINARY_UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** Milliseconds before and after 1970 that a `Date` can represent. */
const MAX_DATE_MS = 8.64e15;

/** An unknown value in a table. */
export const UNKNOWN = '-';

/** Formats a number of things: `1 disk`, `2 disks`. */
export function count(number: number | bigint, thing: string): string {
  return `${number} ${thing}${Number(number) === 1 ? '' : 's'}`;
}

/** Formats a boolean in a table. */
export function yesOrNo(value: boolean | undefined): string {
  if (value === undefined) return UNKNOWN;
  return value ? 'yes' : 'no';
}

/** Formats a size with a unit: `1.5 GiB`. */
export function humanBytes(bytes: number | bigint): string {
  let value = Number(bytes);
  if (Math.abs(value) < 1024) return `${value} B`;
  let unit = -1;
  // 1023.95 would be printed as 1024.0.
  while (unit + 1 < BINARY_UNITS.length && (unit < 0 || Math.abs(value) >= 1023.95)) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(1)} ${BINARY_UNITS[unit]}`;
}

/** Formats a size in a table, rounded or exact. */
export function formatBytes(bytes: number | bigint | undefined, human: boolean): string {
  if (bytes === undefined) return UNKNOWN;
  return human ? humanBytes(bytes) : String(bytes);
}

/** Formats a duration: `420 ms`, `3.2 s`, `4 min 10 s`, `3 h 5 min`, `12 d 4 h`. */
export function formatSpan(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 1) return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const parts = [
    [Math.floor(seconds / 86400), 'd'],
    [Math.floor((seconds % 86400) / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [Math.floor(seconds % 60), 's'],
  ] as const;
  const first = parts.findIndex(([number]) => number > 0);
  return parts
    .slice(first, first + 2)
    .filter(([number]) => number > 0)
    .map(([number, unit]) => `${number} ${unit}`)
    .join(' ');
}

/** Formats a part of a whole in percent. */
export function percent(part: number | bigint, whole: number | bigint): string {
  return Number(whole) === 0 ? UNKNOWN : `${((100 * Number(part)) / Number(whole)).toFixed(0)}%`;
}

/** Formats an instant as `2026-11-27 19:46:58.123 UTC`; a number out of range as it is. */
export function formatMoment(milliseconds: number): string {
  return Math.abs(milliseconds) <= MAX_DATE_MS
    ? new Date(milliseconds).toISOString().replace('T', ' ').replace('Z', ' UTC')
    : String(milliseconds);
}

/** Formats seconds east of UTC as `+02:00`. */
export function formatOffset(seconds: number | bigint): string {
  const minutes = Math.round(Math.abs(Number(seconds)) / 60);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Number(seconds) < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** Draws a bar of `columns` columns, `share` (0 to 1) of it filled. */
export function bar(share: number, columns: number, fill: string): string {
  const filled = Math.round(Math.min(Math.max(share, 0), 1) * columns);
  return `[${fill.repeat(filled)}${' '.repeat(columns - filled)}]`;
}
