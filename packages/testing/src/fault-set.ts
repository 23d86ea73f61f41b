import type { Fault, FaultContext, Interruption, ReplyStep } from './faults.js';
import type { Random } from './random.js';

/** Counts requests, in total and by command. */
class RequestCounter {
  readonly #byCommand = new Map<string, number>();
  #total = 0;

  next(command: string, random: Random): FaultContext {
    const nth = (this.#byCommand.get(command) ?? 0) + 1;
    this.#byCommand.set(command, nth);
    this.#total++;
    return { command, nth, count: this.#total, random };
  }
}

/** A fault with its counters: an interrupted request is begun but not answered. */
interface InstalledFault {
  readonly fault: Fault;
  readonly begun: RequestCounter;
  readonly answered: RequestCounter;
}

/** The installed faults. Each counts requests from the moment it was installed. */
export class FaultSet {
  readonly #random: Random;
  readonly #installed = new Set<InstalledFault>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Appends faults; disposing of the returned object removes them. */
  install(faults: readonly Fault[]): Disposable {
    const added = faults.map((fault) => ({
      fault,
      begun: new RequestCounter(),
      answered: new RequestCounter(),
    }));
    for (const one of added) this.#installed.add(one);
    return {
      [Symbol.dispose]: () => {
        for (const one of added) this.#installed.delete(one);
      },
    };
  }

  /** Returns what happens in the middle of a request for `command`. */
  interruptions(command: string): readonly Interruption[] {
    return [...this.#installed].flatMap(
      ({ fault, begun }) => fault.request?.(begun.next(command, this.#random)) ?? [],
    );
  }

  /** Returns the steps in which the faulty reply is sent. */
  replySteps(command: string, reply: Buffer): readonly ReplyStep[] {
    return [...this.#installed].reduce<readonly ReplyStep[]>(
      (steps, { fault, answered }) => fault.reply?.(steps, answered.next(command, this.#random)) ?? steps,
      [{ kind: 'bytes', bytes: reply }],
    );
  }
}
