import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';

/** A target with an invariant that does not hold behind three branches. */
export const target: FuzzTarget = {
  name: 'planted-bug',
  invariants: 'never sees the word bug',
  covers: ['test/dist/fuzz/support/planted-bug'],
  seeds: ['hello'],
  run(input) {
    if (input[0] === 0x62) {
      if (input[1] === 0x75) {
        if (input[2] === 0x67) assert.fail('found the bug');
        return 'bu';
      }
      return undefined;
    }
    return undefined;
  },
};
