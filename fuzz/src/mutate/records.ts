import type { Random } from '../random.js';
import type { Mutation, MutationContext } from './bytes.js';

/** Splits an input into its records; the last one may be incomplete. */
type Split = (input: Buffer) => Buffer[];

function linesOf(input: Buffer): Buffer[] {
  return input
    .toString('latin1')
    .split(/(?<=\n)/)
    .map((line) => Buffer.from(line, 'latin1'));
}

function piecesOf(input: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(input.length / size) }, (_, i) =>
    input.subarray(i * size, (i + 1) * size),
  );
}

/** Returns mutations that remove, copy, move and exchange whole records. */
function recordMutations(split: Split): readonly Mutation[] {
  const change = (edit: (records: Buffer[], random: Random, context: MutationContext) => void): Mutation => {
    return (input, random, context) => {
      const records = split(input);
      if (records.length > 0) edit(records, random, context);
      return Buffer.concat(records);
    };
  };
  return [
    change((records, random) => records.splice(random.below(records.length), 1)),
    change((records, random) => records.splice(random.below(records.length), 0, random.pick(records))),
    change((records, random) => {
      const [record] = records.splice(random.below(records.length), 1);
      if (record !== undefined) records.splice(random.between(0, records.length), 0, record);
    }),
    change((records, random, { other }) => {
      const others = split(other);
      if (others.length > 0) records.splice(random.between(0, records.length), 0, random.pick(others));
    }),
  ];
}

/** Mutations of lines. */
export const LINE_MUTATIONS = recordMutations(linesOf);

/** Returns mutations of records of a fixed size in bytes. */
export function fixedRecordMutations(size: number): readonly Mutation[] {
  return recordMutations((input) => piecesOf(input, size));
}
