/** The maximum of a Node timer; with a longer time it would fire immediately. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** Calls back after `ms` milliseconds, or after 24 days if that is longer. */
export function startTimer(ms: number, expired: () => void): NodeJS.Timeout {
  return setTimeout(expired, Math.min(ms, MAX_TIMER_MS));
}

/** Returns the result of `work`, or undefined after `ms` milliseconds; then `work` continues, and its failure is ignored. */
export function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = startTimer(ms, () => resolve(undefined));
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
