import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isGuestError } from '@guestwire/client';
import type { Stand } from './stand.js';

/** Tests of a freeze of the whole guest. */
export function describeFreezing(stand: Stand): void {
  describe('FrozenGuest', () => {
    test('allows some commands, and is thawed at the end', async () => {
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

    test('thaws when atMost is over', async () => {
      const frozen = await stand.guest.freeze({ atMost: '2s' });
      await new Promise((resolve) => frozen.signal.addEventListener('abort', resolve, { once: true }));
      assert.equal((await frozen.thaw()).by, 'time');
      assert.equal(await stand.guest.call('guest-fsfreeze-status'), 'thawed');
    });

    test('reports a thaw by another host', async () => {
      const frozen = await stand.guest.freeze({ atMost: '60s' });
      await stand.guest.call('guest-fsfreeze-thaw');
      await new Promise((resolve) => frozen.signal.addEventListener('abort', resolve, { once: true }));
      assert.equal((await frozen.thaw()).by, 'guest');
    });

    test('leaves a guest that is already frozen alone', async () => {
      await using _ = await stand.guest.freeze({ atMost: '60s' });
      await assert.rejects(stand.guest.freeze(), (error) => isGuestError(error, 'disabled'));
      assert.equal(await stand.guest.call('guest-fsfreeze-status'), 'frozen');
    });
  });
}
