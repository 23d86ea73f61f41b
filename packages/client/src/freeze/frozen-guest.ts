import type { GuestCalls } from '../calls.js';
import { GuestError } from '../guest-error.js';
import { pause } from '../pause.js';
import { thawAndProve } from './thaw.js';
import type { ThawConnection } from './thaw-connection.js';

/** How a freeze ended. */
export interface ThawReport {
  /**
   * Who thawed the guest: `us`, when we were asked to; `time`, which is us when `atMost` was over; `guest`, which is
   * anybody else: its watchdog, another host, a restart. Then what was done meanwhile was not done to a frozen guest.
   */
  readonly by: 'us' | 'time' | 'guest';
  /** How many filesystems we have thawed. */
  readonly filesystems: number;
  /** From the request to freeze to the proof that the guest is thawed: it was frozen for no longer than that. */
  readonly milliseconds: number;
}

/** Milliseconds between two looks at whether the guest is still frozen. */
const BETWEEN_LOOKS = 1000;
/** Milliseconds that such a look may take. */
const LOOK = 5000;

/** What is known of a freeze. */
interface Freeze {
  readonly filesystems: number;
  /** When it was asked for, by the guest's clock. */
  readonly since: number;
  /** Milliseconds from then on. */
  readonly atMost: number;
  readonly signal: AbortSignal | undefined;
}

/** A guest whose filesystems we hold frozen, until it is thawed or disposed. See README.md for its states. */
export class FrozenGuest implements AsyncDisposable {
  /** How many filesystems were frozen. */
  readonly filesystems: number;
  readonly #guest: GuestCalls;
  readonly #connection: ThawConnection;
  readonly #since: number;
  readonly #lost = new AbortController();
  readonly #left = new AbortController();
  readonly #timer: Disposable;
  readonly #callersSignal: AbortSignal | undefined;
  #thawing: Promise<ThawReport> | undefined;
  #report: ThawReport | undefined;

  /** @internal Use `guest.freeze()`. */
  constructor(guest: GuestCalls, connection: ThawConnection, { filesystems, since, atMost, signal }: Freeze) {
    this.filesystems = filesystems;
    this.#guest = guest;
    this.#connection = connection;
    this.#since = since;
    this.#callersSignal = signal;
    const left = Math.max(0, since + atMost - guest.clock.now());
    this.#timer = guest.clock.timer(left, () => {
      this.#lose(
        'time',
        new GuestError('timeout', `the guest was frozen for ${atMost / 1000} s, the most that was allowed`),
      );
    });
    signal?.addEventListener('abort', this.#giveUp);
    if (signal?.aborted === true) this.#giveUp();
    this.#watch().catch(() => {});
  }

  /**
   * Fires when the guest is no longer frozen, or about to be thawed, without {@link thaw} having been called: `atMost`
   * is over, the caller's signal fired, or somebody else thawed it. Its reason is a {@link GuestError} that says which.
   */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** How the freeze ended; `undefined` before. */
  get report(): ThawReport | undefined {
    return this.#report;
  }

  /**
   * Thaws the guest and makes sure of it. May be called again: the report stays the same; after an error, it tries
   * again.
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

  readonly #giveUp = (): void => {
    const cause: unknown = this.#callersSignal?.reason;
    this.#lose('us', new GuestError('aborted', 'the caller gave up; the guest is being thawed', { cause }));
  };

  #lose(by: 'us' | 'time', reason: GuestError): void {
    if (this.#thawing !== undefined) return;
    this.#lost.abort(reason);
    // Whoever leaves the scope learns what came of it, or tries again.
    this.#thaw(by).catch(() => {});
  }

  async #watch(): Promise<void> {
    for (;;) {
      await pause(this.#guest.clock, BETWEEN_LOOKS, this.#left.signal);
      // Not given up when the thaw begins, which would only have to bring both sides into step again.
      const limits = { timeout: LOOK };
      const status = await this.#connection
        .run((guest) => guest.call('guest-fsfreeze-status', undefined, limits))
        .catch(() => undefined);
      if (status === 'thawed') {
        this.#lose('us', new GuestError('command', 'the guest was thawed by somebody else'));
      }
    }
  }

  #thaw(by: 'us' | 'time'): Promise<ThawReport> {
    this.#thawing ??= this.#end(by).catch((error: unknown) => {
      // Without a proof it can be tried again.
      if (this.#report === undefined) this.#thawing = undefined;
      throw error;
    });
    return this.#thawing;
  }

  async #end(by: 'us' | 'time'): Promise<ThawReport> {
    this.#left.abort();
    this.#timer[Symbol.dispose]();
    this.#callersSignal?.removeEventListener('abort', this.#giveUp);
    const { filesystems, byUs, failure } = await thawAndProve(this.#guest, this.#connection);
    this.#report = {
      by: byUs ? by : 'guest',
      filesystems,
      milliseconds: this.#guest.clock.now() - this.#since,
    };
    if (failure !== undefined) {
      throw new GuestError('command', `${failure.message} (all filesystems are thawed)`, {
        command: 'guest-fsfreeze-thaw',
        cause: failure,
      });
    }
    return this.#report;
  }
}
