import type { CallOptions, Guest } from '@guestwire/client';
import { GuestError, isGuestError } from '@guestwire/client/errors';
import type {
  GuestCpuStats,
  GuestDiskStatsInfo,
  GuestLoadAverage,
  GuestNetworkInterface,
} from '@guestwire/protocol/contract';
import { exitStatus, exitStatusOf } from '../exit-status.js';

/** Memory usage of a guest in bytes. */
export interface MemoryUse {
  readonly total: number;
  /** Available to programs without swapping. */
  readonly available: number;
  readonly swapTotal: number;
  readonly swapFree: number;
}

/** Counters with the time of the reply, in milliseconds of the host's monotonic clock. */
export interface Timed<T> {
  readonly at: number;
  readonly value: T;
}

/** The counters of a guest; `undefined` if the agent does not have the command. */
export interface Sample {
  readonly load: Timed<GuestLoadAverage> | undefined;
  readonly cpus: Timed<readonly GuestCpuStats[]> | undefined;
  readonly disks: Timed<readonly GuestDiskStatsInfo[]> | undefined;
  readonly net: Timed<readonly GuestNetworkInterface[]> | undefined;
  readonly memory: Timed<MemoryUse> | undefined;
}

const MAX_MEMINFO_BYTES = 64 * 1024;

/**
 * Parses `/proc/meminfo` of Linux.
 *
 * @throws {GuestError} `protocol` if it is malformed
 */
export function parseMeminfo(text: string): MemoryUse {
  const kilobytes = new Map(
    Array.from(text.matchAll(/^(\w+): +(\d{1,15}) kB$/gm), ([, name, value]) => [name, Number(value)]),
  );
  const bytes = (name: string): number | undefined => {
    const value = kilobytes.get(name);
    return value === undefined ? undefined : value * 1024;
  };
  const total = bytes('MemTotal');
  // Linux before 3.14 has no MemAvailable.
  const available = bytes('MemAvailable') ?? (bytes('MemFree') ?? 0) + (bytes('Cached') ?? 0);
  if (total === undefined || total === 0 || available > total) {
    throw new GuestError('protocol', 'invalid /proc/meminfo in the guest', { command: 'guest-file-read' });
  }
  return { total, available, swapTotal: bytes('SwapTotal') ?? 0, swapFree: bytes('SwapFree') ?? 0 };
}

async function readMemory(guest: Guest, options: CallOptions): Promise<MemoryUse> {
  const limited = { ...options, maxSize: MAX_MEMINFO_BYTES };
  return parseMeminfo((await guest.files.readFile('/proc/meminfo', limited)).toString('latin1'));
}

/** Exit statuses of errors for which a retry would fail too. */
const FINAL_STATUSES: readonly number[] = [exitStatus.failed, exitStatus.protocol];

/** Returns a sampler for one guest. A call that has failed for good is not repeated, and its message is in `missing`. */
export function createSampler() {
  const missing = new Map<string, string>();
  const read = async <T>(what: string, call: () => Promise<T>): Promise<Timed<T> | undefined> => {
    if (missing.has(what)) return undefined;
    try {
      const value = await call();
      return { at: performance.now(), value };
    } catch (error) {
      if (!isGuestError(error) || !FINAL_STATUSES.includes(exitStatusOf(error))) throw error;
      missing.set(what, error.message);
      return undefined;
    }
  };
  return {
    missing,
    // In sequence, since the agent processes one request at a time.
    take: async (guest: Guest, options: CallOptions): Promise<Sample> => ({
      load: await read('load', () => guest.call('guest-get-load', undefined, options)),
      cpus: await read('processors', () => guest.call('guest-get-cpustats', undefined, options)),
      memory: await read('memory', () => readMemory(guest, options)),
      disks: await read('disks', () => guest.call('guest-get-diskstats', undefined, options)),
      net: await read('network', () => guest.call('guest-network-get-interfaces', undefined, options)),
    }),
  };
}
