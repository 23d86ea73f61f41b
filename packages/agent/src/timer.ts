/** The longest time that a timer of Node's can be set to; with a longer one it would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls back after so many milliseconds; what is longer than 24 days is 24 days. */
export function startTimer(ms: number, expired: () => void): NodeJS.Timeout {
  return setTimeout(expired, Math.min(ms, LONGEST_MS));
}
