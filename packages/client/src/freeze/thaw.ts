import type { GuestCalls } from '../calls.js';
import { GuestError, isGuestError } from '../guest-error.js';
import { countOf } from '../reply-values.js';
import { pause, startDeadline } from '../time.js';

/**
 * The connection for the commands that end a freeze: the one that the guest was frozen through or, once that has ended
 * or does not answer, a separate new one, whether or not the guest was opened with `reconnect`.
 */
export class ThawConnection implements AsyncDisposable {
  readonly #guest: GuestCalls;
  #spare: (GuestCalls & AsyncDisposable) | undefined;
  /** The failure of the last command: a closed connection is of no use, a silent one may be. */
  #failure: 'closed' | 'timeout' | undefined;

  constructor(guest: GuestCalls) {
    this.#guest = guest;
  }

  /** Runs one command. It rejects if the connection fails; the next command then gets a new one, if possible. */
  async run<T>(command: (guest: GuestCalls) => Promise<T>): Promise<T> {
    const guest = await this.#current();
    try {
      const result = await command(guest);
      this.#failure = undefined;
      return result;
    } catch (error) {
      const code = isGuestError(error) ? error.code : undefined;
      this.#failure = code === 'closed' || code === 'timeout' ? code : undefined;
      throw error;
    }
  }

  async #current(): Promise<GuestCalls> {
    if (this.#failure !== undefined) {
      try {
        const fresh = await this.#guest.reopen();
        await this.#spare?.[Symbol.asyncDispose]();
        this.#spare = fresh;
      } catch (error) {
        // A channel that serves one host at a time may refuse a second connection because it still serves the first.
        if (this.#failure === 'closed') throw error;
      }
    }
    return this.#spare ?? this.#guest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#spare?.[Symbol.asyncDispose]();
  }
}

/** Time limit of the whole thaw, including its verification. */
const THAW_TIMEOUT_MS = 60_000;
/** Time limit of one command: the fsfreeze hook may take a while. */
const REPLY_TIMEOUT_MS = 20_000;
/** The delay before a thaw that failed, or did not thaw, is sent again. */
const RETRY_DELAY_MS = 250;

/** The error of a guestd that has thawed by itself before: its lease has ended, or it was stopped. */
const EARLY_THAW = /filesystems were thawed at \S+ by the agent: /;

/** The result of a verified thaw. */
export interface ThawResult {
  /** The number of filesystems that our own commands have thawed, as far as their replies arrived. */
  readonly filesystems: number;
  /** False if the guest was thawed before our commands took effect. */
  readonly isOurs: boolean;
  /** The error of a thaw command although all is thawed: that of the hook. */
  readonly failure: GuestError | undefined;
}

/** Thaws a guest unless it is thawed, and verifies that within a minute: see README.md, "Thawing". */
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
        const isEarly = failure !== undefined && EARLY_THAW.test(failure.message);
        const isOurs = isSent && !isEarly && (isUnanswered || filesystems > 0 || failure !== undefined);
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
