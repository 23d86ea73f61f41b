import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isGuestError, openGuest } from '@guestwire/client';
import { fakeGuest } from '@guestwire/testing';

const versions = [
  '0.15',
  '1.0',
  '1.1',
  '1.5',
  '1.7',
  '2.0',
  '2.4',
  '2.12',
  '3.0',
  '5.2',
  '7.2',
  '9.1',
  '10.0',
];

for (const version of versions) {
  describe(`Guest with an agent of release ${version}`, () => {
    test('returns its version and commands', async () => {
      await using guest = await openGuest(fakeGuest({}, { version }).host);
      const { version: reported, supported_commands: known } = await guest.call('guest-info');
      assert.equal(reported, `${version}.0`);
      const { commands } = await guest.capabilities();
      assert.deepEqual(known.map(({ name }) => name).sort(), [...commands.keys()].sort());
      for (const { name, enabled, 'success-response': answers } of known) {
        assert.equal(enabled, true);
        assert.equal(answers, !/^guest-(shutdown|suspend-)/.test(name));
      }
    });

    test('runs the commands that it has, and rejects others with unsupported', async () => {
      await using guest = await openGuest(fakeGuest({}, { version }).host);
      const { commands } = await guest.capabilities();
      for (const name of ['guest-get-time', 'guest-fstrim', 'guest-get-osinfo', 'guest-get-load'] as const) {
        if (commands.has(name)) await guest.call(name);
        else await assert.rejects(guest.call(name), (error) => isGuestError(error, 'unsupported'));
      }
    });

    test('freezes and thaws', async () => {
      await using guest = await openGuest(fakeGuest({}, { version }).host);
      await guest.call('guest-fsfreeze-freeze');
      await assert.rejects(guest.call('guest-file-open', { path: '/x' }), (error) =>
        isGuestError(error, 'disabled'),
      );
      assert.equal(await guest.call('guest-fsfreeze-thaw'), 2);
    });

    test('rejects a forbidden command with disabled', async () => {
      const fake = fakeGuest({}, { version, disabled: ['guest-file-open'] });
      await using guest = await openGuest(fake.host);
      await assert.rejects(guest.call('guest-file-open', { path: '/x' }), (error) => {
        assert.ok(isGuestError(error, 'disabled'));
        assert.match(error.message, /guest-file-open/);
        return true;
      });
    });
  });
}
