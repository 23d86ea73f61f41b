import type { CallOptions, Guest } from '@guestwire/client';
import { isGuestError } from '@guestwire/client/errors';
import type {
  GuestCpuStats,
  GuestDiskStatsInfo,
  GuestLoadAverage,
  GuestNetworkInterface,
} from '@guestwire/protocol/contract';
import { type MemoryUse, parseMeminfo } from './meminfo.js';

/** Counters, and when they were read: milliseconds of the host's clock that never goes back. */
export interface Timed<T> {
  readonly at: number;
  readonly value: T;
}

/** What a guest told of itself at one moment. What its agent does not tell is absent. */
export interface Sample {
  readonly load: Timed<GuestLoadAverage> | undefined;
  readonly cpus: Timed<readonly GuestCpuStats[]> | undefined;
  readonly disks: Timed<readonly GuestDiskStatsInfo[]> | undefined;
  readonly net: Timed<readonly GuestNetworkInterface[]> | undefined;
  readonly memory: Timed<MemoryUse> | undefined;
}

/** Takes one sample after the other; what a guest does not tell it is asked once only. */
export interface Sampler {
  take(guest: Guest, limits: CallOptions): Promise<Sample>;
  /** Why something is not told: the messages, by what is missing. */
  readonly missing: ReadonlyMap<string, string>;
}

/** Text of this file is far shorter; a guest that sends more is no reason to take it. */
const LONGEST_MEMINFO = 64 * 1024;

async function memoryOf(guest: Guest, limits: CallOptions): Promise<MemoryUse> {
  return parseMeminfo(
    (await guest.files.readFile('/proc/meminfo', { ...limits, maxSize: LONGEST_MEMINFO })).toString('latin1'),
  );
}

/** It will not be different the next time. */
function isFinal(error: unknown): error is Error {
  return (
    isGuestError(error, 'unsupported') ||
    isGuestError(error, 'disabled') ||
    isGuestError(error, 'command') ||
    isGuestError(error, 'protocol')
  );
}

/** A sampler for one guest. */
export function sampler(): Sampler {
  const missing = new Map<string, string>();
  const ask = async <T>(what: string, question: () => Promise<T>): Promise<Timed<T> | undefined> => {
    if (missing.has(what)) return undefined;
    try {
      const value = await question();
      return { at: performance.now(), value };
    } catch (error) {
      if (!isFinal(error)) throw error;
      missing.set(what, error.message);
      return undefined;
    }
  };
  return {
    missing,
    // One after the other, since that is how an agent answers.
    take: async (guest, limits) => ({
      load: await ask('load', () => guest.call('guest-get-load', undefined, limits)),
      cpus: await ask('processors', () => guest.call('guest-get-cpustats', undefined, limits)),
      memory: await ask('memory', () => memoryOf(guest, limits)),
      disks: await ask('disks', () => guest.call('guest-get-diskstats', undefined, limits)),
      net: await ask('network', () => guest.call('guest-network-get-interfaces', undefined, limits)),
    }),
  };
}
