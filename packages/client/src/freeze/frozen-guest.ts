import type { GuestCalls } from '../calls.js';
import { GuestError } from '../guest-error.js';
import { pause } from '../time.js';
import { type ThawConnection, thawAndVerify } from './thaw.js';

/** How a freeze ended. */
export interface ThawReport {
  /**
   * What thawed the guest: `us`, a request of ours; `time`, the end of `atMost`; `guest`, anything else: its watchdog,
   * another host, a restart. With `guest`, do not trust a snapshot taken meanwhile.
   */
  readonly by: 'us' | 'time' | 'guest';
  /** The number of filesystems that we have thawed. */
  readonly filesystems: number;
  /** From the request to freeze until the thaw was verified: the guest was frozen for no longer than that. */
  readonly milliseconds: number;
}

const POLL_INTERVAL_MS = 1000;
const POLL_TIMEOUT_MS = 5000;

interface Freeze {
  readonly filesystems: number;
  /** The time of the request, by the guest's clock. */
  readonly since: number;
  /** Milliseconds from then on. */
  readonly atMost: number;
  readonly signal: AbortSignal | undefined;
}

/** A guest that we have frozen, until it is thawed or disposed. See README.md for its states. */
export class FrozenGuest implements AsyncDisposable {
  /** The number of filesystems that were frozen. */
  readonly filesystems: number;
  readonly #guest: GuestCalls;
  readonly #connection: ThawConnection;
  readonly #since: number;
  readonly #lost = new AbortController();
  readonly #stopPolling = new AbortController();
  readonly #timer: Disposable;
  readonly #callerSignal: AbortSignal | undefined;
  #thawing: Promise<ThawReport> | undefined;
  #report: ThawReport | undefined;

  /** @internal Use `guest.freeze()`. */
  constructor(guest: GuestCalls, connection: ThawConnection, { filesystems, since, atMost, signal }: Freeze) {
    this.filesystems = filesystems;
    this.#guest = guest;
    this.#connection = connection;
    this.#since = since;
    this.#callerSignal = signal;
    this.#timer = guest.clock.timer(Math.max(0, since + atMost - guest.clock.now()), () => {
      const message = `the guest was frozen for ${atMost / 1000} s, the limit of this freeze`;
      this.#lose('time', new GuestError('timeout', message));
    });
    signal?.addEventListener('abort', this.#abort);
    if (signal?.aborted === true) this.#abort();
    this.#poll().catch(() => {});
  }

  /**
   * Fires when the guest is no longer frozen, or about to be thawed, without a call of {@link thaw}: `atMost` is over,
   * the caller's signal fired, or something else thawed it. Its reason is a {@link GuestError}.
   */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** How the freeze ended; `undefined` before its end. */
  get report(): ThawReport | undefined {
    return this.#report;
  }

  /**
   * Thaws the guest and verifies that. May be called again: returns the same report or, after an error, tries again.
   *
   * @throws {GuestError} whose message says so if the guest may still be frozen; `command` if all is thawed but the
   * guest's fsfreeze hook failed
   */
  thaw(): Promise<ThawReport> {
    return this.#thaw('us');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.thaw();
    } finally {
      await this.#connection[Symbol.asyncDispose]();
    }
  }

  readonly #abort = (): void => {
    const cause: unknown = this.#callerSignal?.reason;
    const message = 'aborted by the caller; the guest is being thawed';
    this.#lose('us', new GuestError('aborted', message, { cause }));
  };

  #lose(by: 'us' | 'time', reason: GuestError): void {
    if (this.#thawing !== undefined) return;
    this.#lost.abort(reason);
    // The end of the scope gets the same result, or tries again.
    this.#thaw(by).catch(() => {});
  }

  async #poll(): Promise<void> {
    for (;;) {
      await pause(this.#guest.clock, POLL_INTERVAL_MS, this.#stopPolling.signal);
      // Not aborted when the thaw begins, since that would require another synchronization.
      const status = await this.#connection
        .run((guest) => guest.call('guest-fsfreeze-status', undefined, { timeout: POLL_TIMEOUT_MS }))
        .catch(() => undefined);
      if (status === 'thawed') {
        this.#lose('us', new GuestError('command', 'the guest was thawed by something else'));
      }
    }
  }

  #thaw(by: 'us' | 'time'): Promise<ThawReport> {
    this.#thawing ??= this.#end(by).catch((error: unknown) => {
      // Without verification it can be tried again.
      if (this.#report === undefined) this.#thawing = undefined;
      throw error;
    });
    return this.#thawing;
  }

  async #end(by: 'us' | 'time'): Promise<ThawReport> {
    this.#stopPolling.abort();
    this.#timer[Symbol.dispose]();
    this.#callerSignal?.removeEventListener('abort', this.#abort);
    const { filesystems, isOurs, failure } = await thawAndVerify(this.#guest, this.#connection);
    const milliseconds = this.#guest.clock.now() - this.#since;
    this.#report = { by: isOurs ? by : 'guest', filesystems, milliseconds };
    if (failure === undefined) return this.#report;
    const message = `${failure.message} (all filesystems are thawed)`;
    throw new GuestError('command', message, { command: 'guest-fsfreeze-thaw', cause: failure });
  }
}
