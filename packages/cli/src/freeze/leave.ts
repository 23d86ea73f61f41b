import { GuestError, isGuestError } from '@guestwire/client/errors';
import type { Visit } from '../each-guest.js';

/** Milliseconds for undoing a freeze. */
const PATIENCE = 20_000;

/** The guest has said no, so nothing is frozen. */
function refused(error: unknown): boolean {
  return (
    isGuestError(error, 'command') || isGuestError(error, 'disabled') || isGuestError(error, 'unsupported')
  );
}

/** After a freeze that was given up, or whose answer did not come. */
async function undo({ guest }: Visit, cause: unknown): Promise<never> {
  try {
    await guest.call('guest-fsfreeze-thaw', undefined, { timeout: PATIENCE });
  } catch (failure) {
    if (!isGuestError(cause) || !isGuestError(failure)) throw cause;
    throw new GuestError(
      cause.code,
      `${cause.message}; the guest may be frozen now, thaw it with guestctl thaw (${failure.message})`,
      { command: cause.command, cause },
    );
  }
  throw cause;
}

/**
 * Freezes filesystems of a guest, which stay frozen when this is over. If it rejects, they do not.
 *
 * @throws {GuestError} whose message says so if they may be frozen all the same
 */
export async function freezeForGood(
  visit: Visit,
  mountPoints: readonly string[] | undefined,
): Promise<number | bigint> {
  const { guest, limits, context } = visit;
  using _ = context.interrupts.shield();
  try {
    const filesystems =
      mountPoints === undefined
        ? await guest.call('guest-fsfreeze-freeze', undefined, limits)
        : await guest.call('guest-fsfreeze-freeze-list', { mountpoints: mountPoints }, limits);
    limits.signal?.throwIfAborted();
    return filesystems;
  } catch (error) {
    if (refused(error)) throw error;
    return await undo(visit, error);
  }
}
