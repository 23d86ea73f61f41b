const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** A signal that ends the program. */
export type EndingSignal = keyof typeof SIGNAL_NUMBERS;

export const ENDING_SIGNALS = Object.keys(SIGNAL_NUMBERS) as readonly EndingSignal[];

/** The abort reason after a signal. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly signal: EndingSignal;

  constructor(signal: EndingSignal) {
    super(`ended by ${signal}`);
    this.signal = signal;
  }

  /** 128 and the number of the signal, as in a shell. */
  get exitStatus(): number {
    return 128 + SIGNAL_NUMBERS[this.signal];
  }
}

/** The interruption of a program, as its commands see it. */
export interface Interrupts {
  /** Aborts with an {@link Interrupted} at the first signal. */
  readonly signal: AbortSignal;
  /** Aborts at the second signal. */
  readonly urgent: AbortSignal;
  /** Prevents an exit at the second signal until disposed, for a cleanup that must run. */
  shield(): Disposable;
}

/** The interruption of a program, as its signal handlers see it. */
export interface Interruptible extends Interrupts {
  interrupt(signal: EndingSignal): void;
  /** True while a {@link Interrupts.shield} exists. */
  readonly shielded: boolean;
}

/**
 * Returns the interruption state of a program. The first signal aborts its commands; the second calls `force`, unless shielded.
 *
 * @param force exits at once
 */
export function interruptible(force: (reason: Interrupted) => void): Interruptible {
  const first = new AbortController();
  const second = new AbortController();
  const shields = new Set<object>();
  return {
    signal: first.signal,
    urgent: second.signal,
    get shielded() {
      return shields.size > 0;
    },
    shield() {
      const shield = { [Symbol.dispose]: () => void shields.delete(shield) };
      shields.add(shield);
      return shield;
    },
    interrupt(signal) {
      const reason = new Interrupted(signal);
      if (!first.signal.aborted) {
        first.abort(reason);
        return;
      }
      second.abort(reason);
      if (shields.size === 0) force(reason);
    },
  };
}
