import { type GuestErrorCode, isGuestError } from '@guestwire/client/errors';
import { Interrupted } from './interrupts.js';
import { printable } from './output/escape.js';

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

/** Returns the error that ended a scope, of one whose disposal failed too, e.g. because the guest has gone. */
export function firstError(error: unknown): unknown {
  // Node 20 has no such class, so the compiler's is used.
  const isSuppressed = error instanceof Error && error.name === 'SuppressedError' && 'suppressed' in error;
  return isSuppressed ? firstError(error.suppressed) : error;
}

/** Returns the interruption that caused an error, if one did. */
export function interruptionIn(given: unknown): Interrupted | undefined {
  const error = firstError(given);
  if (error instanceof Interrupted) return error;
  return isGuestError(error, 'aborted') ? interruptionIn(error.cause) : undefined;
}

/**
 * Returns whether an error is one of this host: a file, a folder or a device that cannot be used, or an argument that the client
 * rejects. Node and the client give both a code; an internal error has none.
 */
function isLocalError(error: unknown): error is Error {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  return 'syscall' in error || (error instanceof TypeError && error.code.startsWith('ERR_INVALID_ARG'));
}

/** Returns the exit status for an error of a command. */
export function exitStatusOf(given: unknown): number {
  const error = firstError(given);
  const interrupted = interruptionIn(error);
  if (interrupted !== undefined) return interrupted.exitStatus;
  if (error instanceof UsageError || isLocalError(error)) return exitStatus.usage;
  return isGuestError(error) ? statuses[error.code] : exitStatus.internal;
}

/** Returns the message of an error, printable; an internal error has its stack trace. */
export function formatError(given: unknown): string {
  const error = firstError(given);
  const interrupted = interruptionIn(error);
  if (interrupted !== undefined) return interrupted.message;
  if (exitStatusOf(error) === exitStatus.internal && error instanceof Error) {
    return `internal error: ${error.stack ?? error.message}`;
  }
  return printable(error instanceof Error ? error.message : String(error));
}
