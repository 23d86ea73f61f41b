import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isGuestError, openGuest } from '@guestwire/client';
import { dropReply, fakeGuest, fragmentReply, manualClock, noReply, splitReply } from '@guestwire/testing';

describe('the handshake', () => {
  test('sends a byte FF and guest-sync-delimited', async () => {
    const fake = fakeGuest();
    await using _guest = await openGuest(fake.host);
    assert.equal(fake.firstByte(), 0xff);
    assert.deepEqual(fake.commands, ['guest-sync-delimited']);
  });

  const stale = [
    ['a whole reply', '{"return": {}}\n'],
    ['many replies', '{"return": 1}\n{"return": "x"}\n{"error": {"class": "GenericError", "desc": "x"}}\n'],
    ['the end of a reply', 'urn": {"count": 5}}\n'],
    ['the beginning of a reply', '{"return": {"buf-b64": "AAAA'],
    ['a reply to the synchronization of another host', '\xff{"return": 7}\n'],
    ['bytes that are not JSON', 'login: \x00\x1b[2J\xfe'],
    [
      'an old refusal of another command',
      '{"error": {"class": "CommandNotFound", "desc": "The command x has not been found"}}\n',
    ],
  ] as const;
  for (const [what, bytes] of stale) {
    test(`drops ${what} left by an earlier host`, async () => {
      const fake = fakeGuest();
      void fake.send(bytes);
      await using guest = await openGuest(fake.host);
      await guest.call('guest-ping');
      assert.deepEqual(fake.commands, ['guest-sync-delimited', 'guest-ping']);
    });
  }

  test('accepts a reply in single bytes', async () => {
    const fake = fakeGuest({}, { faults: [fragmentReply(1)] });
    void fake.send('{"return": {"buf-b');
    await using guest = await openGuest(fake.host);
    await guest.call('guest-ping');
  });

  test('accepts a reply split at any byte', async () => {
    for (let cut = 1; cut < 30; cut++) {
      const fake = fakeGuest({}, { faults: [splitReply(cut)] });
      await using guest = await openGuest(fake.host);
      await guest.call('guest-ping');
    }
  });

  test('falls back to guest-sync if the agent lacks guest-sync-delimited', async () => {
    const fake = fakeGuest({}, { version: '1.0' });
    await using guest = await openGuest(fake.host);
    await guest.call('guest-ping');
    assert.deepEqual(fake.commands, ['guest-sync-delimited', 'guest-sync', 'guest-ping']);
  });

  test('falls back to guest-sync if guest-sync-delimited is disabled', async () => {
    const fake = fakeGuest({}, { disabled: ['guest-sync-delimited'] });
    await using _guest = await openGuest(fake.host);
    assert.deepEqual(fake.commands, ['guest-sync-delimited', 'guest-sync']);
  });

  for (const version of ['1.0', '2.0', '2.12']) {
    test(`falls back to requests without an id with release ${version}`, async () => {
      const fake = fakeGuest({}, { version });
      await using guest = await openGuest(fake.host);
      assert.equal(await guest.call('guest-sync', { id: 9 }), 9);
      assert.deepEqual(
        fake.requests.map(({ id }) => id),
        fake.requests.map(() => undefined),
      );
    });
  }

  test('falls back although half a reply precedes the replies', async () => {
    const fake = fakeGuest({}, { version: '0.15' });
    void fake.send('{"return": {"a": [');
    void fake.send('"\n');
    await using guest = await openGuest(fake.host);
    await guest.call('guest-ping');
  });

  test('times out without an agent, and closes the connection', async () => {
    const clock = manualClock();
    const fake = fakeGuest({}, { faults: [dropReply()] });
    const opening = openGuest(fake.host, { timeout: 1234, clock });
    await assert.rejects(
      clock.runUntil(opening),
      (error) => isGuestError(error, 'timeout') && /1\.234 s/.test(error.message),
    );
    assert.equal(clock.now(), 1234);
    await assert.rejects(fake.host.write(Buffer.of(1)), (error) => isGuestError(error, 'closed'));
  });

  test('rejects with aborted when the signal fires', async () => {
    const caller = new AbortController();
    const fake = fakeGuest({
      'guest-sync-delimited': () => {
        caller.abort();
        return noReply;
      },
    });
    const opening = openGuest(fake.host, { signal: caller.signal });
    await assert.rejects(opening, (error) => isGuestError(error, 'aborted'));
  });

  test('rejects with closed when the connection ends', async () => {
    const fake = fakeGuest({ 'guest-sync-delimited': () => noReply });
    const opening = openGuest(fake.host);
    await fake.disconnect();
    await assert.rejects(opening, (error) => isGuestError(error, 'closed'));
  });
});
