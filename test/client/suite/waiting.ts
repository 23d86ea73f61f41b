import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Stand } from './stand.js';

/** Tests of waiting for a condition. */
export function describeWaiting(stand: Stand): void {
  describe('Guest.waitFor', () => {
    test('resolves for the agent, a command and a process', async () => {
      const limits = { timeout: 60_000 };
      await stand.guest.waitFor('agent', limits);
      await stand.guest.waitFor({ command: 'guest-exec' }, limits);
      const { pid } = await stand.guest.call('guest-exec', { path: '/bin/sh', arg: ['-c', 'exit 5'] });
      assert.equal((await stand.guest.waitFor({ process: pid }, limits)).exitCode, 5);
    });
  });
}
