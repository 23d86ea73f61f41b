import { type Profiler, Session } from 'node:inspector';

/** By character of a function: 1 if it ran in the sample, and 1 if it ran in a sample that was added. */
interface FunctionSample {
  readonly ran: Uint8Array;
  readonly seen: Uint8Array;
}

/** The functions that ran between two calls of {@link Coverage.sample}. */
export type CoverageSample = readonly FunctionSample[];

/**
 * Counts which code of the covered files has run, with V8's block coverage of this thread. Collecting takes a few milliseconds, so it is
 * done for many inputs together.
 */
export class Coverage implements Disposable {
  readonly #session = new Session();
  readonly #covers: readonly string[];
  /** By function, its characters that ran at least once. */
  readonly #seen = new Map<string, Uint8Array>();
  /** Whether a script is among the covered files, by URL. */
  readonly #isCovered = new Map<string, boolean>();
  #size = 0;

  /** @param covers parts of the paths of compiled files */
  constructor(covers: readonly string[]) {
    this.#covers = covers;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** The number of source characters that have run; those of nested functions count for each function. */
  get size(): number {
    return this.#size;
  }

  /** Returns what ran since the last call. */
  sample(): CoverageSample {
    return this.#take().flatMap(({ url, functions }) =>
      this.#covered(url) ? functions.flatMap(({ ranges }) => this.#functionSample(url, ranges) ?? []) : [],
    );
  }

  /** Returns true if a sample has code that no added sample has. */
  isNew(sample: CoverageSample): boolean {
    return sample.some(({ ran, seen }) => ran.some((value, i) => value > (seen[i] as number)));
  }

  /** Adds a sample. Returns true if it was new. */
  add(sample: CoverageSample): boolean {
    const before = this.#size;
    for (const { ran, seen } of sample) {
      for (let i = 0; i < ran.length; i++) {
        if (ran[i] === 0 || seen[i] !== 0) continue;
        seen[i] = 1;
        this.#size++;
      }
    }
    return this.#size > before;
  }

  [Symbol.dispose](): void {
    this.#session.disconnect();
  }

  #take(): Profiler.ScriptCoverage[] {
    let scripts: Profiler.ScriptCoverage[] | undefined;
    // The session of the own thread calls back before `post` returns.
    this.#session.post('Profiler.takePreciseCoverage', (error, reply) => {
      if (error !== null) throw error;
      scripts = reply.result;
    });
    if (scripts === undefined) throw new Error('the inspector has not returned coverage');
    return scripts;
  }

  #covered(url: string): boolean {
    let covered = this.#isCovered.get(url);
    if (covered === undefined) {
      covered = this.#covers.some((part) => url.includes(part));
      this.#isCovered.set(url, covered);
    }
    return covered;
  }

  /** The first range is the whole function, later ones lie within earlier ones. */
  #functionSample(url: string, ranges: readonly Profiler.CoverageRange[]): FunctionSample | undefined {
    const [whole] = ranges;
    if (whole === undefined || whole.count === 0) return undefined;
    const { startOffset, endOffset } = whole;
    const key = `${url}:${startOffset}:${endOffset}`;
    let seen = this.#seen.get(key);
    if (seen === undefined) {
      seen = new Uint8Array(endOffset - startOffset);
      this.#seen.set(key, seen);
    }
    const ran = new Uint8Array(seen.length);
    for (const range of ranges) {
      ran.fill(range.count > 0 ? 1 : 0, range.startOffset - startOffset, range.endOffset - startOffset);
    }
    return { ran, seen };
  }
}
