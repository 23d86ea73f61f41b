import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FreezeModel } from '../../support/freeze-model/freeze-model.js';
import { cannotFreeze } from '../../support/loop-filesystems.js';

/** More: `npm run freeze-model -- --steps 2000 --seed 1`. */
const STEPS = 40;
const SEED = 11;

test('guestd leaves nothing frozen and thaws nothing twice, whatever happens', {
  skip: cannotFreeze(),
  timeout: 600_000,
}, async () => {
  using model = new FreezeModel(SEED);
  await model.start();
  try {
    for (let step = 0; step < STEPS; step++) await model.step();
    await model.finish();
  } catch (error) {
    assert.fail(`${error}\nafter ${model.sequence.join('; ')}`);
  }
});
