import { gettimeofday, settimeofday } from '@guestwire/posix';

/** The guest's clock; tests put another in its place. */
export interface WallClock {
  /** Microseconds since the beginning of 1970 in UTC. */
  now(): bigint;
  /**
   * Sets it. Both numbers may be negative: the kernel says what it does not take.
   *
   * @throws a system error
   */
  set(seconds: bigint, microseconds: bigint): void;
}

/** The kernel's own. */
export const systemClock: WallClock = {
  now: gettimeofday,
  set: settimeofday,
};
