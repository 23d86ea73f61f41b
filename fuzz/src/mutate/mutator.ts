import type { Random } from '../random.js';
import { bytesOf, type FuzzTarget, maxLengthOf, type Structure } from '../target.js';
import { BYTE_MUTATIONS, type Mutation } from './bytes.js';
import { fixedRecordMutations, LINE_MUTATIONS } from './records.js';
import { TOKEN_MUTATIONS } from './tokens.js';

/** The most mutations in a row. */
const LONGEST_CHAIN = 5;

function mutationsOf(structure: Structure): readonly Mutation[] {
  if (structure === 'tokens') return TOKEN_MUTATIONS;
  return structure === 'lines' ? LINE_MUTATIONS : fixedRecordMutations(structure);
}

/** Derives inputs for a target from those of its corpus. */
export class Mutator {
  readonly #structured: readonly Mutation[];
  readonly #dictionary: readonly Buffer[];
  readonly #maxLength: number;

  constructor(target: FuzzTarget) {
    this.#structured = (target.structure ?? []).flatMap(mutationsOf);
    this.#dictionary = (target.dictionary ?? []).map(bytesOf);
    this.#maxLength = maxLengthOf(target);
  }

  /** Returns a changed copy of an input. `other` is another input to take material from. */
  mutate(input: Buffer, other: Buffer, random: Random): Buffer {
    const context = { dictionary: this.#dictionary, other };
    let changed = input;
    for (let left = random.between(1, LONGEST_CHAIN); left > 0; left--) {
      const isStructured = this.#structured.length > 0 && random.oneIn(2);
      const mutation = random.pick(isStructured ? this.#structured : BYTE_MUTATIONS);
      const next = mutation(changed, random, context);
      changed = next.length > this.#maxLength ? next.subarray(0, this.#maxLength) : next;
    }
    return Buffer.from(changed);
  }
}
