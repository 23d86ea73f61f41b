import type { Fault, FaultContext, Interruption, ReplyStep } from './faults.js';

/** Returns the generator known as mulberry32, of pseudo-random numbers in [0, 1). */
function seededRandom(seed: number): FaultContext['random'] {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type RequestCounter = (command: string) => FaultContext;

/** Returns a function that counts requests, in total and by command. */
function requestCounter(random: FaultContext['random']): RequestCounter {
  const byCommand = new Map<string, number>();
  let count = 0;
  return (command) => {
    const nth = (byCommand.get(command) ?? 0) + 1;
    byCommand.set(command, nth);
    return { command, nth, count: ++count, random };
  };
}

/** A fault with its counters: an interrupted request is begun but not answered. */
interface InstalledFault {
  readonly fault: Fault;
  readonly begun: RequestCounter;
  readonly answered: RequestCounter;
}

/** The installed faults. Each counts requests from the moment it was installed. */
export class FaultSet {
  readonly #random: FaultContext['random'];
  #installed: readonly InstalledFault[] = [];

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** Appends faults; disposing of the returned object removes them. */
  install(faults: readonly Fault[]): Disposable {
    const added = faults.map((fault) => ({
      fault,
      begun: requestCounter(this.#random),
      answered: requestCounter(this.#random),
    }));
    this.#installed = [...this.#installed, ...added];
    const remove = (): void => {
      this.#installed = this.#installed.filter((one) => !added.includes(one));
    };
    return { [Symbol.dispose]: remove };
  }

  /** Returns what happens in the middle of a request for `command`. */
  interruptions(command: string): readonly Interruption[] {
    return this.#installed.flatMap(({ fault, begun }) => fault.request?.(begun(command)) ?? []);
  }

  /** Returns the steps in which the faulty reply is sent. */
  replySteps(command: string, reply: Buffer): readonly ReplyStep[] {
    return this.#installed.reduce<readonly ReplyStep[]>(
      (steps, { fault, answered }) => fault.reply?.(steps, answered(command)) ?? steps,
      [{ kind: 'bytes', bytes: reply }],
    );
  }
}
