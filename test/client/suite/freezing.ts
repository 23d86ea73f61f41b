import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isGuestError } from '@guestwire/client';
import type { Stand } from './stand.js';

/** A freeze of the whole guest. */
export function describeFreezing(stand: Stand): void {
  describe('a frozen guest', () => {
    test('answers what is allowed, and is thawed at the end', async () => {
      {
        await using frozen = await stand.guest.freeze({ atMost: '60s' });
        assert.ok(frozen.filesystems > 0);
        assert.equal(await stand.guest.call('guest-fsfreeze-status'), 'frozen');
        await assert.rejects(stand.guest.call('guest-get-host-name'), (error) =>
          isGuestError(error, 'disabled'),
        );
        const { by, filesystems } = await frozen.thaw();
        assert.deepEqual([by, filesystems], ['us', frozen.filesystems]);
      }
      assert.equal(await stand.guest.call('guest-fsfreeze-status'), 'thawed');
      await stand.guest.files.writeFile(stand.fresh(), 'written again');
    });

    test('is thawed when its time is over', async () => {
      const frozen = await stand.guest.freeze({ atMost: '2s' });
      await new Promise((resolve) => frozen.signal.addEventListener('abort', resolve, { once: true }));
      assert.equal((await frozen.thaw()).by, 'time');
      assert.equal(await stand.guest.call('guest-fsfreeze-status'), 'thawed');
    });

    test('that somebody else thaws says so', async () => {
      const frozen = await stand.guest.freeze({ atMost: '60s' });
      await stand.guest.call('guest-fsfreeze-thaw');
      await new Promise((resolve) => frozen.signal.addEventListener('abort', resolve, { once: true }));
      assert.equal((await frozen.thaw()).by, 'guest');
    });

    test('that is frozen already is not ours to thaw', async () => {
      await using _ = await stand.guest.freeze({ atMost: '60s' });
      await assert.rejects(stand.guest.freeze(), (error) => isGuestError(error, 'disabled'));
      assert.equal(await stand.guest.call('guest-fsfreeze-status'), 'frozen');
    });
  });
}
