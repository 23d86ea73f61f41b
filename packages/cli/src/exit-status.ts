import { isGuestError } from '@guestwire/client/errors';

/** What the exit status of guestctl says; the manual page has the same table. */
export const exitStatus = {
  ok: 0,
  /** The guest answered that the command failed, or that it does not know or allow it. */
  refused: 1,
  /** The command line, or the JSON on it, makes no sense. */
  usage: 2,
  /** There is no connection, or no answer in time. */
  unreachable: 3,
  /** The guest answered something that is not as agreed. */
  misunderstood: 4,
  /** A mistake in guestctl itself. */
  internal: 70,
} as const;

/** The command line cannot be carried out; the message says how to write it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The exit status for what a command threw. */
export const exitStatusOf = (error: unknown): number => {
  if (error instanceof UsageError) return exitStatus.usage;
  if (!isGuestError(error)) return exitStatus.internal;
  switch (error.code) {
    case 'command':
    case 'unsupported':
    case 'disabled':
      return exitStatus.refused;
    case 'protocol':
      return exitStatus.misunderstood;
    case 'closed':
    case 'timeout':
    case 'aborted':
      return exitStatus.unreachable;
  }
};
