/** The signals by which a person or the system ends a program, and their numbers. */
const numbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** Those of them. */
export type EndingSignal = keyof typeof numbers;

/** All of them. */
export const endingSignals = Object.keys(numbers) as readonly EndingSignal[];

/** Why everything stopped: somebody wanted the program to end. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly signal: EndingSignal;

  constructor(signal: EndingSignal) {
    super(`ended by ${signal}`);
    this.signal = signal;
  }

  /** As shells write it: 128 and the signal's number. */
  get exitStatus(): number {
    return 128 + numbers[this.signal];
  }
}

/** What the commands know of the wish to end. */
export interface Interrupts {
  /** Fires when the program is asked to end; its reason is an {@link Interrupted}. */
  readonly signal: AbortSignal;
  /** Fires when it is asked again. */
  readonly urgent: AbortSignal;
  /** Until it is disposed, being asked again does not end the program at once: something must be put in order first. */
  shield(): Disposable;
}

/** Both sides of {@link Interrupts}. */
export interface Interruptible extends Interrupts {
  /** Asks the program to end. */
  interrupt(signal: EndingSignal): void;
  /** True while somebody holds a {@link Interrupts.shield}. */
  readonly shielded: boolean;
}

/**
 * A program that can be asked to end. The first time, everything is given up in order; the second time it ends at once, unless
 * it is shielded.
 *
 * @param force ends the program
 */
export function interruptible(force: (reason: Interrupted) => void): Interruptible {
  const first = new AbortController();
  const second = new AbortController();
  let shields = 0;
  return {
    signal: first.signal,
    urgent: second.signal,
    get shielded() {
      return shields > 0;
    },
    shield() {
      shields++;
      let held = true;
      return {
        [Symbol.dispose]() {
          if (held) shields--;
          held = false;
        },
      };
    },
    interrupt(signal) {
      const reason = new Interrupted(signal);
      if (!first.signal.aborted) {
        first.abort(reason);
        return;
      }
      second.abort(reason);
      if (shields === 0) force(reason);
    },
  };
}
