import type { Fault, Interruption, Occasion, Step } from './faults.js';
import type { Random } from './random.js';

/** How many requests were seen. */
class Count {
  readonly #ofCommand = new Map<string, number>();
  #all = 0;

  /** One more. */
  next(command: string, random: Random): Occasion {
    const nth = (this.#ofCommand.get(command) ?? 0) + 1;
    this.#ofCommand.set(command, nth);
    this.#all++;
    return { command, nth, count: this.#all, random };
  }
}

/** A fault that is there, and what it has seen: a request that was interrupted is never answered. */
interface Installed {
  readonly fault: Fault;
  readonly begun: Count;
  readonly answered: Count;
}

/** The faults that are there at the moment. Each counts requests from when it came. */
export class FaultTable {
  readonly #random: Random;
  readonly #installed = new Set<Installed>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Puts faults behind those that are there, until they are disposed of. */
  install(faults: readonly Fault[]): Disposable {
    const installed = faults.map((fault) => ({ fault, begun: new Count(), answered: new Count() }));
    for (const one of installed) this.#installed.add(one);
    return {
      [Symbol.dispose]: () => {
        for (const one of installed) this.#installed.delete(one);
      },
    };
  }

  /** What happens in the middle of a request that has begun. */
  interruptionsOf(command: string): readonly Interruption[] {
    return [...this.#installed].flatMap(
      ({ fault, begun }) => fault.request?.(begun.next(command, this.#random)) ?? [],
    );
  }

  /** What becomes of a reply. */
  stepsOf(command: string, reply: Buffer): readonly Step[] {
    return [...this.#installed].reduce<readonly Step[]>(
      (steps, { fault, answered }) => fault.reply?.(steps, answered.next(command, this.#random)) ?? steps,
      [{ kind: 'bytes', bytes: reply }],
    );
  }
}
