/** Mutators that know a format, besides those for bytes. */
export type Structure =
  /** Words, strings and balanced brackets: JSON, QAPI. */
  | 'tokens'
  /** Lines: key files, tables of the kernel. */
  | 'lines'
  /** Records of a fixed size, in bytes. */
  | number;

/** A function that reads outside data, with what must hold for every input. */
export interface FuzzTarget {
  /** The name on the command line and of the corpus file: `wire-reader`. */
  readonly name: string;
  /** What must hold, in one line, for `--list` and the documentation. */
  readonly invariants: string;
  /** The source files whose coverage guides the run: parts of their compiled paths, such as `protocol/dist/src/wire/`. */
  readonly covers: readonly string[];
  /** Well-formed inputs to start from. */
  readonly seeds: readonly (string | Uint8Array)[];
  /** Tokens of the grammar. Text is UTF-8. */
  readonly dictionary?: readonly (string | Uint8Array)[];
  readonly structure?: readonly Structure[];
  /** The longest input in bytes; 4096 by default. */
  readonly maxLength?: number;
  /** The most CPU time in milliseconds for an input of the longest size; 400 by default. */
  readonly maxTimeMs?: number;
  /**
   * Runs one input, and throws if an invariant does not hold. Must not change the input, nor depend on earlier inputs.
   *
   * @returns a short name of the outcome, such as an error's text without its numbers. An input with a new outcome is kept, as one
   * with new coverage.
   */
  readonly run: (input: Buffer) => string | undefined | Promise<string | undefined>;
}

/** The longest input of a target without another limit. */
const DEFAULT_MAX_LENGTH = 4096;
const DEFAULT_MAX_TIME_MS = 400;

/** Returns the longest input of a target in bytes. */
export function maxLengthOf({ maxLength = DEFAULT_MAX_LENGTH }: FuzzTarget): number {
  return maxLength;
}

/** Returns the most CPU time of an input in milliseconds: in proportion to its length, and at least a quarter of the maximum. */
export function timeLimitOf(target: FuzzTarget, length: number): number {
  const most = target.maxTimeMs ?? DEFAULT_MAX_TIME_MS;
  return most * (0.25 + (0.75 * length) / maxLengthOf(target));
}

/**
 * Returns the text of an error as an outcome: without numbers and quoted parts, so that the number of outcomes stays small.
 */
export function outcomeOf(text: string): string {
  return text
    .replace(/'[^']*'?|"[^"]*"?|“[^”]*”?|`[^`]*`?/g, '""')
    .replace(/[0-9]+/g, '0')
    .replace(/[^ -~]+/g, '?')
    .slice(0, 80);
}

/** Returns seeds and dictionary entries as bytes. */
export function bytesOf(text: string | Uint8Array): Buffer {
  return typeof text === 'string' ? Buffer.from(text) : Buffer.from(text);
}
