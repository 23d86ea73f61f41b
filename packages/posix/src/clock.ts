import { check } from './errno.js';
import { CFunction } from './library.js';

const TIMEVAL = { timeval: { seconds: 'long', microseconds: 'long' } };

const cGettimeofday = new CFunction('int gettimeofday(_Out_ timeval *now, void *zone)', TIMEVAL);
const cSettimeofday = new CFunction('int settimeofday(timeval *now, void *zone)', TIMEVAL);

/** Returns the time in microseconds since the beginning of 1970 in UTC. */
export function gettimeofday(): bigint {
  const now = { seconds: 0, microseconds: 0 };
  cGettimeofday.raw(now, null);
  return BigInt(now.seconds) * 1_000_000n + BigInt(now.microseconds);
}

/** Sets the clock. The kernel rejects negative numbers. Throws a system error. */
export function settimeofday(seconds: bigint, microseconds: bigint): void {
  check(cSettimeofday.call({ seconds, microseconds }, null), 'settimeofday');
}
