import { gettimeofday, settimeofday } from '@guestwire/posix';

/** The guest's clock; a test may replace it. */
export interface WallClock {
  /** Returns the microseconds since the beginning of 1970 in UTC. */
  now(): bigint;
  /** Sets the clock. The kernel rejects negative numbers. Throws a system error. */
  set(seconds: bigint, microseconds: bigint): void;
}

export const systemClock: WallClock = { now: gettimeofday, set: settimeofday };
