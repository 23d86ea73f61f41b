import { GuestError } from '@guestwire/client/errors';
import { checkReply, WireError, type WireValue } from '@guestwire/protocol';
import type { CommandDescriptor } from '@guestwire/schema';
import type { Visit } from './each-guest.js';

/** What a guest answered. */
export interface Reply<R> {
  /** Checked, as the contract has it. */
  readonly value: R;
  /** As it came, with what a newer agent tells beyond the contract: what `--json` prints. */
  readonly raw: WireValue;
}

/**
 * Carries out a command of the contract.
 *
 * @throws {GuestError} `protocol` if the answer is not as agreed, and whatever a call rejects with
 */
export async function ask<A, R>(
  { guest, limits }: Pick<Visit, 'guest' | 'limits'>,
  command: CommandDescriptor<A, R>,
  args?: A & object,
): Promise<Reply<R>> {
  const raw = await guest.callRaw(command.name, args, limits);
  try {
    return { value: checkReply(command, raw), raw };
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    throw new GuestError('protocol', cause.message, { command: command.name, cause });
  }
}
