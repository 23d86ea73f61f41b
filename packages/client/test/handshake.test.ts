import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isGuestError, openGuest } from '@guestwire/client';
import { dropReply, fakeGuest, fragmentReply, manualClock, noReply, splitReply } from '@guestwire/testing';

describe('the handshake', () => {
  test('begins with a byte FF and a delimited synchronisation', async () => {
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
    ['a reply to the synchronisation of another host', '\xff{"return": 7}\n'],
    ['bytes that are no JSON at all', 'login: \x00\x1b[2J\xfe'],
    [
      'an old refusal of another command',
      '{"error": {"class": "CommandNotFound", "desc": "The command x has not been found"}}\n',
    ],
  ] as const;
  for (const [what, bytes] of stale) {
    test(`drops what an earlier host left: ${what}`, async () => {
      const fake = fakeGuest();
      void fake.send(bytes);
      await using guest = await openGuest(fake.host);
      await guest.call('guest-ping');
      assert.deepEqual(fake.commands, ['guest-sync-delimited', 'guest-ping']);
    });
  }

  test('takes a reply that arrives byte by byte', async () => {
    const fake = fakeGuest({}, { faults: [fragmentReply(1)] });
    void fake.send('{"return": {"buf-b');
    await using guest = await openGuest(fake.host);
    await guest.call('guest-ping');
  });

  test('takes a reply that is cut in two anywhere', async () => {
    for (let cut = 1; cut < 30; cut++) {
      const fake = fakeGuest({}, { faults: [splitReply(cut)] });
      await using guest = await openGuest(fake.host);
      await guest.call('guest-ping');
    }
  });

  test('falls back to guest-sync with an agent that does not know the delimiter', async () => {
    const fake = fakeGuest({}, { version: '1.0' });
    await using guest = await openGuest(fake.host);
    await guest.call('guest-ping');
    assert.deepEqual(fake.commands, ['guest-sync-delimited', 'guest-sync', 'guest-ping']);
  });

  test('falls back to guest-sync with an agent whose operator forbids the delimiter', async () => {
    const fake = fakeGuest({}, { disabled: ['guest-sync-delimited'] });
    await using _guest = await openGuest(fake.host);
    assert.deepEqual(fake.commands, ['guest-sync-delimited', 'guest-sync']);
  });

  for (const version of ['1.0', '2.0', '2.12']) {
    test(`falls back to requests without an id with an agent of release ${version}, which refuses them`, async () => {
      const fake = fakeGuest({}, { version });
      await using guest = await openGuest(fake.host);
      assert.equal(await guest.call('guest-sync', { id: 9 }), 9);
      assert.deepEqual(
        fake.requests.map(({ id }) => id),
        fake.requests.map(() => undefined),
      );
    });
  }

  test('falls back although half a reply stands before the answers', async () => {
    const fake = fakeGuest({}, { version: '0.15' });
    void fake.send('{"return": {"a": [');
    void fake.send('"\n');
    await using guest = await openGuest(fake.host);
    await guest.call('guest-ping');
  });

  test('gives up when nobody answers, and closes the connection', async () => {
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

  test('gives up when the caller does', async () => {
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

  test('says so when the connection ends instead', async () => {
    const fake = fakeGuest({ 'guest-sync-delimited': () => noReply });
    const opening = openGuest(fake.host);
    await fake.disconnect();
    await assert.rejects(opening, (error) => isGuestError(error, 'closed'));
  });
});
