import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openGuest } from '@guestwire/client';
import { dropReply, fakeGuest, manualClock, when } from '@guestwire/testing';
import { diskReport } from '../src/disk-report.js';

const EMPTY = { name: 'vda1', mountpoint: '/', type: 'ext4', disk: [] };

describe('diskReport', () => {
  test('lists filesystems above the limit', async () => {
    const fake = fakeGuest({
      'guest-get-fsinfo': () => [
        { ...EMPTY, 'used-bytes': 50, 'total-bytes': 100 },
        { ...EMPTY, mountpoint: '/srv', 'used-bytes': 95, 'total-bytes': 100 },
      ],
    });
    await using guest = await openGuest(fake.host);
    assert.deepEqual(await diskReport(guest), ['/srv is 95 % full']);
  });

  test('explains that an old agent cannot report filesystems', async () => {
    await using guest = await openGuest(fakeGuest({}, { version: '2.0' }).host);
    assert.deepEqual(await diskReport(guest), ['the agent is too old to report filesystems']);
  });

  test('rejects after the timeout of the call if the guest does not answer', async () => {
    const clock = manualClock();
    const fake = fakeGuest({}, { clock, faults: [when('guest-get-fsinfo', dropReply())] });
    await using guest = await openGuest(fake.host, { clock, callTimeout: 30_000 });
    await assert.rejects(clock.runUntil(diskReport(guest)), { code: 'timeout' });
  });
});
