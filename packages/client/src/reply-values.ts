import { type Base64Data, Base64Error } from '@guestwire/protocol';
import { GuestError } from './guest-error.js';

/** Decodes bytes that a guest sent, into a buffer from `allocate` if given; empty if absent. Consumes the data. */
export function bytesOf(
  data: Base64Data | undefined,
  command: string,
  allocate?: (length: number) => Buffer,
): Buffer {
  try {
    return data?.take(allocate) ?? Buffer.alloc(0);
  } catch (cause) {
    if (!(cause instanceof Base64Error)) throw cause;
    throw new GuestError('protocol', `${command}: invalid base64 from the guest`, { command, cause });
  }
}

/** Returns a count that a guest sent as a `number`; throws `protocol` if it is not between 0 and `max`. */
export function countOf(
  value: number | bigint,
  command: string,
  what: string,
  max = Number.MAX_SAFE_INTEGER,
): number {
  if (value >= 0 && value <= max) return Number(value);
  const message = `${command}: invalid value from the guest: ${value} for ${what}`;
  throw new GuestError('protocol', message, { command });
}
