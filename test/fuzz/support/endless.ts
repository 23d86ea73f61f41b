import type { FuzzTarget } from '@guestwire/fuzz';

/** A target that exhausts the memory for an input that begins with an exclamation mark. */
export const target: FuzzTarget = {
  name: 'endless',
  invariants: 'ends',
  covers: ['test/dist/fuzz/support/endless'],
  seeds: ['!'],
  run(input) {
    const kept: unknown[] = [];
    while (input[0] === 0x21) kept.push({ number: kept.length });
    return undefined;
  },
};
