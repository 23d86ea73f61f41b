/** Moments that a date of JavaScript's can say, in milliseconds on both sides of 1970. */
const FARTHEST = 8.64e15;

/** A moment as `2026-11-27 19:46:58.123 UTC`; a number that is no moment as it is. */
export function formatMoment(milliseconds: number): string {
  return Math.abs(milliseconds) <= FARTHEST
    ? new Date(milliseconds).toISOString().replace('T', ' ').replace('Z', ' UTC')
    : String(milliseconds);
}

/** Seconds east of Greenwich as `+02:00`. */
export function formatOffset(seconds: number | bigint): string {
  const minutes = Math.round(Math.abs(Number(seconds)) / 60);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Number(seconds) < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
