import { type Base64Data, Base64Error } from '@guestwire/protocol';
import { GuestError } from './guest-error.js';

/**
 * The bytes that a guest sent, none if it sent none. They can be had once.
 *
 * @param allocate gives memory for them; some of nobody else's if absent
 * @throws {GuestError} `protocol` if they are no base64
 */
export function bytesOf(
  data: Base64Data | undefined,
  command: string,
  allocate?: (length: number) => Buffer,
): Buffer {
  try {
    return data?.take(allocate) ?? Buffer.alloc(0);
  } catch (cause) {
    if (!(cause instanceof Base64Error)) throw cause;
    throw new GuestError('protocol', `${command}: the guest sent data that is no base64`, { command, cause });
  }
}

/**
 * A number of things that a guest told, from 0 to `most`.
 *
 * @throws {GuestError} `protocol` if it is not within
 */
export function countOf(
  value: number | bigint,
  command: string,
  what: string,
  most = Number.MAX_SAFE_INTEGER,
): number {
  if (value >= 0 && value <= most) return Number(value);
  const message = `${command}: the guest said ${value} for ${what}, which cannot be`;
  throw new GuestError('protocol', message, { command });
}
