import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { collectGarbage } from '../../src/daemon/collect-garbage.js';

const MEGABYTE = 1024 * 1024;

it('collecting garbage gives a big buffer back at once', async () => {
  const reference = new WeakRef(Buffer.alloc(20 * MEGABYTE));
  // What a job has made lives at least until its end.
  await setImmediate();
  collectGarbage();
  assert.equal(reference.deref(), undefined);
});

it('does not take the time where there is little to give back', async () => {
  const reference = new WeakRef({ unused: true });
  await setImmediate();
  collectGarbage();
  assert.notEqual(reference.deref(), undefined);
});
