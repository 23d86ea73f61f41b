import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { collectGarbage } from '../../../src/daemon/collect-garbage.js';

const MEGABYTE = 1024 * 1024;

it('collectGarbage frees a large buffer at once', async () => {
  const reference = new WeakRef(Buffer.alloc(20 * MEGABYTE));
  // Objects created in the current job stay alive until it ends.
  await setImmediate();
  collectGarbage();
  assert.equal(reference.deref(), undefined);
});

it('collectGarbage does nothing if little memory can be freed', async () => {
  const reference = new WeakRef({ unused: true });
  await setImmediate();
  collectGarbage();
  assert.notEqual(reference.deref(), undefined);
});
