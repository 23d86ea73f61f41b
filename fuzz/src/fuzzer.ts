import type { Coverage } from './coverage.js';
import { execute, type Failure } from './execute.js';
import { minimize } from './minimize.js';
import { Mutator } from './mutate/mutator.js';
import { Random } from './random.js';
import { bytesOf, type FuzzTarget } from './target.js';

/** An input for which an invariant does not hold. */
export interface Finding extends Failure {
  /** The minimized input. */
  readonly input: Uint8Array;
}

/** The state of a run. */
export interface FuzzStatistics {
  /** Generated inputs that were run. Those of the corpus, and repetitions, are not counted. */
  readonly executions: number;
  readonly corpus: number;
  /** As in {@link Coverage}: characters of source code. */
  readonly coverage: number;
  readonly outcomes: number;
  readonly findings: number;
}

/** The number of inputs between two looks at the coverage: small while many inputs are new. */
const SMALLEST_BATCH = 16;
const LARGEST_BATCH = 512;
/** More outcomes are not interesting any more. */
const OUTCOME_LIMIT = 300;
/** Different findings after which a run ends. */
export const FINDING_LIMIT = 20;
/** A half of the parents is among the newest inputs. */
const NEWEST = 16;

/**
 * Generates inputs from a corpus, and keeps those that run new code or have a new outcome. The same seed, corpus and code give the same
 * inputs.
 */
export class Fuzzer {
  readonly #target: FuzzTarget;
  readonly #coverage: Coverage;
  readonly #random: Random;
  readonly #mutator: Mutator;
  readonly #beforeRun: (input: Buffer) => void;
  readonly #kept: Buffer[] = [];
  readonly #outcomes = new Set<string>();
  readonly #findings = new Map<string, Finding>();
  #executions = 0;
  #batchSize = SMALLEST_BATCH;

  /** @param beforeRun called with each input before it is run, so that it is known if the run never ends */
  constructor(target: FuzzTarget, coverage: Coverage, seed: number, beforeRun: (input: Buffer) => void) {
    this.#target = target;
    this.#coverage = coverage;
    this.#random = new Random(seed);
    this.#mutator = new Mutator(target);
    this.#beforeRun = beforeRun;
  }

  get statistics(): FuzzStatistics {
    return {
      executions: this.#executions,
      corpus: this.#kept.length,
      coverage: this.#coverage.size,
      outcomes: this.#outcomes.size,
      findings: this.#findings.size,
    };
  }

  /** The inputs that are kept, in the order in which they were found. */
  get corpus(): readonly Buffer[] {
    return this.#kept;
  }

  get findings(): readonly Finding[] {
    return [...this.#findings.values()];
  }

  /** Runs given inputs and the target's seeds, the shortest first, and keeps those that add something. */
  async load(inputs: readonly Buffer[]): Promise<void> {
    const seeds = this.#target.seeds.map(bytesOf);
    // What ran before is not part of an input's coverage.
    this.#coverage.sample();
    for (const input of [...inputs, ...seeds].toSorted((one, other) => one.length - other.length)) {
      const hasNewOutcome = await this.#run(input);
      if (this.#coverage.add(this.#coverage.sample()) || hasNewOutcome) this.#kept.push(input);
    }
    if (this.#kept.length === 0) this.#kept.push(seeds[0] ?? Buffer.alloc(0));
  }

  /** Runs at most `count` new inputs, and returns how many it has run. */
  async step(count: number): Promise<number> {
    const batch: Buffer[] = [];
    const newOutcomes = new Set<Buffer>();
    while (batch.length < Math.min(count, this.#batchSize)) {
      const input = this.#generate();
      batch.push(input);
      if (await this.#run(input)) newOutcomes.add(input);
    }
    this.#executions += batch.length;
    this.#kept.push(...newOutcomes);
    const isNew = this.#coverage.isNew(this.#coverage.sample());
    if (isNew) await this.#findNew(batch, newOutcomes);
    this.#batchSize = isNew
      ? Math.max(this.#batchSize >> 1, SMALLEST_BATCH)
      : Math.min(this.#batchSize * 2, LARGEST_BATCH);
    return batch.length;
  }

  /** Keeps the inputs of a batch that run new code. Runs them again, in halves of halves. */
  async #findNew(batch: readonly Buffer[], alreadyKept: ReadonlySet<Buffer>): Promise<void> {
    for (const input of batch) await this.#run(input);
    const sample = this.#coverage.sample();
    if (!this.#coverage.isNew(sample)) return;
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) {
      this.#coverage.add(sample);
      if (!alreadyKept.has(only)) this.#kept.push(only);
      return;
    }
    const middle = batch.length >> 1;
    await this.#findNew(batch.slice(0, middle), alreadyKept);
    await this.#findNew(batch.slice(middle), alreadyKept);
  }

  #generate(): Buffer {
    const random = this.#random;
    const newest = Math.min(NEWEST, this.#kept.length);
    const parent = random.oneIn(2)
      ? random.pick(this.#kept)
      : (this.#kept[this.#kept.length - 1 - random.below(newest)] as Buffer);
    return this.#mutator.mutate(parent, random.pick(this.#kept), random);
  }

  /** Returns true if the outcome is new. */
  async #run(input: Buffer): Promise<boolean> {
    this.#beforeRun(input);
    const outcome = await execute(this.#target, input);
    if (outcome.ok) {
      if (outcome.label === undefined || this.#outcomes.size >= OUTCOME_LIMIT) return false;
      const known = this.#outcomes.size;
      return this.#outcomes.add(outcome.label).size > known;
    }
    await this.#report(input, outcome.failure);
    return false;
  }

  async #report(input: Buffer, failure: Failure): Promise<void> {
    const { signature } = failure;
    if (this.#findings.has(signature) || this.#findings.size >= FINDING_LIMIT) return;
    const smallest = await minimize(input, async (candidate) => {
      this.#beforeRun(candidate);
      const outcome = await execute(this.#target, candidate);
      return !outcome.ok && outcome.failure.signature === signature;
    });
    this.#findings.set(signature, { ...failure, input: smallest });
  }
}
