import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createBusyPoll } from '../../src/transport/busy-poll.js';

function turning(): boolean {
  return process.getActiveResourcesInfo().includes('Immediate');
}

it('createBusyPoll keeps the event loop busy for a moment after each call, and then lets it sleep', async () => {
  const busyPoll = createBusyPoll();
  assert.equal(turning(), false);
  busyPoll(100);
  busyPoll(2 ** 20);
  assert.equal(turning(), true);
  const started = performance.now();
  while (turning()) {
    assert.ok(performance.now() - started < 10_000, 'it does not stop');
    await setImmediate();
  }
  busyPoll(0);
  assert.equal(turning(), true);
});
