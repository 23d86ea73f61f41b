import { type GuestErrorCode, isGuestError } from '@guestwire/client/errors';
import { Interrupted } from './interrupts.js';
import { printable } from './output/text.js';

/** The exit statuses of guestctl; guestctl(1) has the same table. */
export const exitStatus = {
  ok: 0,
  /** The command failed in the guest, or the agent does not have or allow it. */
  failed: 1,
  /** Usage error, or a local file that cannot be used. */
  usage: 2,
  /** No connection, or no reply in time. */
  unreachable: 3,
  /** Protocol error: an invalid reply. */
  protocol: 4,
  /** Internal error. */
  internal: 70,
} as const;

/** An invalid command line, or a local file that cannot be used. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const statuses: Readonly<Record<GuestErrorCode, number>> = {
  command: exitStatus.failed,
  unsupported: exitStatus.failed,
  disabled: exitStatus.failed,
  protocol: exitStatus.protocol,
  closed: exitStatus.unreachable,
  timeout: exitStatus.unreachable,
  aborted: exitStatus.unreachable,
};

/** Returns the interruption that caused an error, if one did. */
export function interruptionIn(error: unknown): Interrupted | undefined {
  if (error instanceof Interrupted) return error;
  return isGuestError(error, 'aborted') ? interruptionIn(error.cause) : undefined;
}

/** Returns the exit status for an error of a command. */
export function exitStatusOf(error: unknown): number {
  const interrupted = interruptionIn(error);
  if (interrupted !== undefined) return interrupted.exitStatus;
  if (error instanceof UsageError) return exitStatus.usage;
  return isGuestError(error) ? statuses[error.code] : exitStatus.internal;
}

/** Returns the message of an error, printable; an internal error has its stack trace. */
export function formatError(error: unknown): string {
  const interrupted = interruptionIn(error);
  if (interrupted !== undefined) return interrupted.message;
  if (exitStatusOf(error) === exitStatus.internal && error instanceof Error) {
    return `internal error: ${error.stack ?? error.message}`;
  }
  return printable(error instanceof Error ? error.message : String(error));
}
