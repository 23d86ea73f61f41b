import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createBusyPoll } from '../../src/transport/busy-poll.js';

function turning(): boolean {
  return process.getActiveResourcesInfo().includes('Immediate');
}

it('lingering keeps the event loop turning for a moment, and then lets it sleep', async () => {
  const linger = createBusyPoll();
  assert.equal(turning(), false);
  linger();
  linger();
  assert.equal(turning(), true);
  const started = performance.now();
  while (turning()) {
    assert.ok(performance.now() - started < 10_000, 'it goes on turning');
    await setImmediate();
  }
  linger();
  assert.equal(turning(), true);
});
