import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { collectGarbage } from '../../../src/daemon/collect-garbage.js';

it('collectGarbage frees a large buffer at once', async () => {
  const reference = new WeakRef(Buffer.alloc(20 * 1024 * 1024));
  // Objects created in the current job stay alive until it ends.
  await setImmediate();
  collectGarbage();
  assert.equal(reference.deref(), undefined);
});
