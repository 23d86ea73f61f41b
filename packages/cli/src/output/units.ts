const binary = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** A number of bytes as people say it: `1.5 GiB`. */
export function humanBytes(bytes: number | bigint): string {
  let value = Number(bytes);
  if (Math.abs(value) < 1024) return `${value} B`;
  let unit = -1;
  // What would be written as 1024.0 is one of the next unit.
  while (unit + 1 < binary.length && (unit < 0 || Math.abs(value) >= 1023.95)) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(1)} ${binary[unit]}`;
}

/** A number of bytes: for a person as people say it, else exact. */
export function formatBytes(bytes: number | bigint | undefined, human: boolean): string {
  if (bytes === undefined) return '-';
  return human ? humanBytes(bytes) : String(bytes);
}

/** A time span as people say it: `420 ms`, `3.2 s`, `4 min 10 s`, `3 h 5 min`, `12 d 4 h`. */
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
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

/** A share in percent; nothing of nothing is none. */
export function percent(part: number | bigint, whole: number | bigint): string {
  return Number(whole) === 0 ? '-' : `${((100 * Number(part)) / Number(whole)).toFixed(0)}%`;
}
