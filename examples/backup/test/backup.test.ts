import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { openGuest } from '@guestwire/client';
import { fakeGuest, manualClock, sequence } from '@guestwire/testing';
import { backup } from '../src/backup.js';

describe('backup', () => {
  test('takes the snapshot between freeze and thaw', async () => {
    const fake = fakeGuest();
    await using guest = await openGuest(fake.host);
    const result = await backup(guest, async () => {
      assert.equal(fake.commands.at(-1), 'guest-fsfreeze-freeze');
    });
    assert.equal(result.filesystems, 2);
    assert.ok(fake.commands.includes('guest-fsfreeze-thaw'));
    assert.equal(await guest.call('guest-fsfreeze-status'), 'thawed');
  });

  test('thaws the guest if the snapshot fails', async () => {
    const fake = fakeGuest();
    await using guest = await openGuest(fake.host);
    const failing = backup(guest, () => Promise.reject(new Error('no space left')));
    await assert.rejects(failing, /no space left/);
    assert.equal(await guest.call('guest-fsfreeze-status'), 'thawed');
  });

  test('stops the snapshot and fails if the guest thaws too early', async () => {
    const clock = manualClock();
    const fake = fakeGuest(
      {
        'guest-fsfreeze-status': sequence(
          () => 'frozen',
          () => 'thawed',
        ),
      },
      { clock },
    );
    await using guest = await openGuest(fake.host, { clock });
    const failing = backup(guest, async (signal) => {
      await once(signal, 'abort');
    });
    await assert.rejects(clock.runUntil(failing), /thawed/);
  });
});
