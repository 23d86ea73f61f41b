import { PollSet, poll } from '@guestwire/posix';

/**
 * About as long as a host on another processor takes to send its next request. A host that the scheduler has put on this
 * one cannot run before the poll ends: a longer poll only delays it.
 */
const BUSY_POLL_MS = 0.025;

/** What it takes longer to receive a long reply, up to a limit. */
const MS_PER_BYTE = 1e-6;
const LONGEST_AFTER_REPLY_MS = 0.2;

/**
 * Returns a function that keeps the event loop busy for a moment after a reply of some bytes, instead of letting the process
 * sleep.
 *
 * A host often sends its next request some ten microseconds after a reply, and waking a sleeping processor takes longer
 * than that, above all in a virtual machine. An idle agent sleeps: the cost is one moment after the last reply.
 */
export function createBusyPoll(): (bytes: number) => void {
  let until = 0;
  let polling = false;
  const turn = (): void => {
    polling = performance.now() < until;
    if (polling) setImmediate(turn);
  };
  return (bytes) => {
    until = performance.now() + Math.min(BUSY_POLL_MS + bytes * MS_PER_BYTE, LONGEST_AFTER_REPLY_MS);
    if (polling) return;
    polling = true;
    setImmediate(turn);
  };
}

const PROBES = 4;

/** Busy polling lasts this many round trips through the thread pool: the host needs time to send its next request, too. */
const BUSY_POLL_ROUND_TRIPS = 4;

/** The longest useful time of busy polling; a machine with a slower thread pool is overloaded. */
const MAX_BUSY_POLL_MS = 5;

/** Returns the milliseconds for which busy polling of a descriptor is cheaper than a wait in the thread pool. */
export async function measureBusyPoll(): Promise<number> {
  const none = new PollSet(0);
  let roundTrip = MAX_BUSY_POLL_MS;
  for (let probe = 0; probe < PROBES; probe += 1) {
    const start = performance.now();
    await poll(none, 0);
    roundTrip = Math.min(roundTrip, performance.now() - start);
  }
  return Math.min(roundTrip * BUSY_POLL_ROUND_TRIPS, MAX_BUSY_POLL_MS);
}
