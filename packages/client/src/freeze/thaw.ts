import type { GuestCalls } from '../calls.js';
import { startDeadline } from '../deadline.js';
import { GuestError, isGuestError } from '../guest-error.js';
import { pause } from '../pause.js';
import { countOf } from '../reply-values.js';
import type { ThawConnection } from './thaw-connection.js';

/** Milliseconds for all of a thaw, its proof included. */
const PERSEVERANCE = 60_000;
/** Milliseconds for one answer: the fsfreeze hook may have work to do. */
const PATIENCE = 20_000;
/** Milliseconds before a thaw that was not answered, or did not thaw, is asked for again. */
const BETWEEN_TRIES = 250;

/** How a guest came to be thawed. */
export interface Thawed {
  /** Filesystems that our own commands have thawed, as far as their answers arrived. */
  readonly filesystems: number;
  /** False if it was thawed before we did anything. */
  readonly byUs: boolean;
  /** What a thaw command failed with although all is thawed: the hook's error. */
  readonly failure: GuestError | undefined;
}

/** The way to thaw a guest, for the messages. */
const REMEDY = 'thaw it with guest-fsfreeze-thaw (guestctl thaw)';

/**
 * Thaws a guest unless it is thawed, and proves it: see README.md, "Thawing".
 *
 * @throws {GuestError} if there is no proof within a minute; the message says what to do
 */
export async function thawAndProve(guest: GuestCalls, connection: ThawConnection): Promise<Thawed> {
  using deadline = startDeadline({ timeout: PERSEVERANCE }, 'thaw', 'guest-fsfreeze-thaw', guest.clock);
  const limits = { timeout: PATIENCE, signal: deadline.signal };
  let byUs = false;
  let unanswered = false;
  let filesystems = 0;
  let failure: GuestError | undefined;
  let last: unknown;
  for (;;) {
    try {
      const status = await connection.run((guest) => guest.call('guest-fsfreeze-status', undefined, limits));
      // Nothing was thawed of what had been frozen: somebody did it behind the agent's back.
      if (status === 'thawed') {
        return {
          filesystems,
          byUs: byUs && (unanswered || filesystems > 0 || failure !== undefined),
          failure,
        };
      }
      if (byUs) await pause(guest.clock, BETWEEN_TRIES, deadline.signal);
      byUs = true;
      const thawed = await connection.run((guest) => guest.call('guest-fsfreeze-thaw', undefined, limits));
      filesystems += countOf(thawed, 'guest-fsfreeze-thaw', 'the filesystems that it thawed');
    } catch (error) {
      last = error;
      if (deadline.signal.aborted) break;
      if (isGuestError(error, 'unsupported')) break;
      if (isGuestError(error, 'command')) failure = error;
      else unanswered = byUs;
      await pause(guest.clock, BETWEEN_TRIES, deadline.signal).catch(() => {});
      if (deadline.signal.aborted) break;
    }
  }
  const cause = failure ?? last;
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  throw new GuestError(
    isGuestError(cause) ? cause.code : 'timeout',
    `the guest may still be frozen; ${REMEDY}${reason}`,
    { command: 'guest-fsfreeze-thaw', cause },
  );
}
