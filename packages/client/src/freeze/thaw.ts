import type { GuestCalls } from '../calls.js';
import { pause } from '../clock.js';
import { startDeadline } from '../deadline.js';
import { GuestError, isGuestError } from '../guest-error.js';
import { countOf } from '../reply-values.js';
import type { ThawConnection } from './thaw-connection.js';

/** Time limit of the whole thaw, including its verification. */
const THAW_TIMEOUT_MS = 60_000;
/** Time limit of one command: the fsfreeze hook may take a while. */
const REPLY_TIMEOUT_MS = 20_000;
/** The delay before a thaw that failed, or did not thaw, is sent again. */
const RETRY_DELAY_MS = 250;

/** The result of a verified thaw. */
export interface ThawResult {
  /** The number of filesystems that our own commands have thawed, as far as their replies arrived. */
  readonly filesystems: number;
  /** False if the guest was thawed before our commands took effect. */
  readonly isOurs: boolean;
  /** The error of a thaw command although all is thawed: that of the hook. */
  readonly failure: GuestError | undefined;
}

/**
 * Thaws a guest unless it is thawed, and verifies that: see README.md, "Thawing".
 *
 * @throws {GuestError} if that cannot be verified within a minute; the message says what to do
 */
export async function thawAndVerify(guest: GuestCalls, connection: ThawConnection): Promise<ThawResult> {
  using deadline = startDeadline({ timeout: THAW_TIMEOUT_MS }, 'thaw', 'guest-fsfreeze-thaw', guest.clock);
  const options = { timeout: REPLY_TIMEOUT_MS, signal: deadline.signal };
  let isSent = false;
  let isUnanswered = false;
  let filesystems = 0;
  let failure: GuestError | undefined;
  let last: unknown;
  for (;;) {
    try {
      const status = await connection.run((guest) => guest.call('guest-fsfreeze-status', undefined, options));
      if (status === 'thawed') {
        // If our thaw succeeded on no filesystem, something else thawed the guest without the agent.
        const isOurs = isSent && (isUnanswered || filesystems > 0 || failure !== undefined);
        return { filesystems, isOurs, failure };
      }
      if (isSent) await pause(guest.clock, RETRY_DELAY_MS, deadline.signal);
      isSent = true;
      const thawed = await connection.run((guest) => guest.call('guest-fsfreeze-thaw', undefined, options));
      filesystems += countOf(thawed, 'guest-fsfreeze-thaw', 'the number of thawed filesystems');
    } catch (error) {
      last = error;
      if (deadline.signal.aborted || isGuestError(error, 'unsupported')) break;
      if (isGuestError(error, 'command')) failure = error;
      else isUnanswered = isSent;
      await pause(guest.clock, RETRY_DELAY_MS, deadline.signal).catch(() => {});
      if (deadline.signal.aborted) break;
    }
  }
  const cause = failure ?? last;
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  throw new GuestError(
    isGuestError(cause) ? cause.code : 'timeout',
    `the guest may still be frozen; thaw it with guest-fsfreeze-thaw (guestctl thaw)${reason}`,
    { command: 'guest-fsfreeze-thaw', cause },
  );
}
