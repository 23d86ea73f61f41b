import { GuestError } from '@guestwire/client/errors';

/** How a guest's memory is used, in bytes. */
export interface MemoryUse {
  readonly total: number;
  /** What programs can have without swapping. */
  readonly available: number;
  readonly swapTotal: number;
  readonly swapFree: number;
}

/**
 * Reads Linux's `/proc/meminfo`.
 *
 * @throws {GuestError} `protocol` if it is something else
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
  // Kernels before 3.14 do not say what is available.
  const available = bytes('MemAvailable') ?? (bytes('MemFree') ?? 0) + (bytes('Cached') ?? 0);
  if (total === undefined || total === 0 || available > total) {
    throw new GuestError('protocol', "the guest's /proc/meminfo makes no sense", {
      command: 'guest-file-read',
    });
  }
  return { total, available, swapTotal: bytes('SwapTotal') ?? 0, swapFree: bytes('SwapFree') ?? 0 };
}
