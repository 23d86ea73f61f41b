import { GuestError, isGuestError } from '@guestwire/client/errors';
import { checkReply, WireError, type WireValue } from '@guestwire/protocol';
import type { CommandDescriptor } from '@guestwire/schema';
import type { GuestContext } from './for-each-guest.js';

/** A return value of the agent. */
export interface CheckedReply<R> {
  /** Validated against the contract. */
  readonly value: R;
  /** As it arrived, with the members that a newer agent adds; `--json` prints it. */
  readonly raw: WireValue;
}

/**
 * Calls a command of the contract.
 *
 * @throws {GuestError} `protocol` if the reply does not match the contract, and the errors of a call
 */
export async function callChecked<A, R>(
  { guest, options }: Pick<GuestContext, 'guest' | 'options'>,
  command: CommandDescriptor<A, R>,
  args?: A & object,
): Promise<CheckedReply<R>> {
  const raw = await guest.callRaw(command.name, args, options);
  try {
    return { value: checkReply(command, raw), raw };
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    throw new GuestError('protocol', cause.message, { command: command.name, cause });
  }
}

/** Returns the result of a call, or `undefined` if the agent does not have the command or does not allow it. */
export async function ifSupported<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isGuestError(error, 'unsupported') || isGuestError(error, 'disabled')) return undefined;
    throw error;
  }
}
