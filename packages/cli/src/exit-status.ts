import { type GuestErrorCode, isGuestError } from '@guestwire/client/errors';
import { Interrupted } from './interrupts.js';

/** What the exit status of guestctl says; the manual page has the same table. */
export const exitStatus = {
  ok: 0,
  /** The guest answered that the command failed, or that it does not know or allow it. */
  refused: 1,
  /** The command line makes no sense, or names a file of the host's that cannot be used. */
  usage: 2,
  /** There is no connection, or no answer in time. */
  unreachable: 3,
  /** The guest answered something that is not as agreed. */
  misunderstood: 4,
  /** A mistake in guestctl itself. */
  internal: 70,
} as const;

/** The command line cannot be carried out, or names something of the host's that cannot be used; the message says how to write it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const statuses: Readonly<Record<GuestErrorCode, number>> = {
  command: exitStatus.refused,
  unsupported: exitStatus.refused,
  disabled: exitStatus.refused,
  protocol: exitStatus.misunderstood,
  closed: exitStatus.unreachable,
  timeout: exitStatus.unreachable,
  aborted: exitStatus.unreachable,
};

/** What ended the program from outside, if that is what the error comes from. */
export function interruptionIn(error: unknown): Interrupted | undefined {
  if (error instanceof Interrupted) return error;
  return isGuestError(error, 'aborted') ? interruptionIn(error.cause) : undefined;
}

/** The exit status for what a command threw. */
export function exitStatusOf(error: unknown): number {
  const interrupted = interruptionIn(error);
  if (interrupted !== undefined) return interrupted.exitStatus;
  if (error instanceof UsageError) return exitStatus.usage;
  return isGuestError(error) ? statuses[error.code] : exitStatus.internal;
}
