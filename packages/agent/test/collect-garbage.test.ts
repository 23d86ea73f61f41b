import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { collectGarbage } from '../src/collect-garbage.js';

it('collecting garbage gives back at once what nobody uses', async () => {
  const reference = new WeakRef({ unused: true });
  // What a job has made lives at least until its end.
  await setImmediate();
  collectGarbage();
  assert.equal(reference.deref(), undefined);
});
