import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isGuestError, openGuest } from '@guestwire/client';
import { CommandError } from '@guestwire/protocol';
import { byteByByte, type FakeHandler, fakeGuest, silence } from '@guestwire/testing';
import { gate } from './support/gate.js';

const refuse =
  (name: string): FakeHandler =>
  () => {
    throw CommandError.commandNotFound(name);
  };

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
      void fake.say(bytes);
      await using guest = await openGuest(fake.host);
      await guest.call('guest-ping');
      assert.deepEqual(fake.commands, ['guest-sync-delimited', 'guest-ping']);
    });
  }

  test('takes a reply that arrives byte by byte', async () => {
    const fake = fakeGuest({}, byteByByte);
    void fake.say('{"return": {"buf-b');
    await using guest = await openGuest(fake.host);
    await guest.call('guest-ping');
  });

  test('takes a reply that is cut in two anywhere', async () => {
    for (let cut = 1; cut < 30; cut++) {
      const fake = fakeGuest({}, (bytes) => [bytes.subarray(0, cut), bytes.subarray(cut)]);
      await using guest = await openGuest(fake.host);
      await guest.call('guest-ping');
    }
  });

  test('falls back to guest-sync with an agent that does not know the delimiter', async () => {
    const fake = fakeGuest({ 'guest-sync-delimited': refuse('guest-sync-delimited') });
    await using guest = await openGuest(fake.host);
    await guest.call('guest-ping');
    assert.deepEqual(fake.commands, ['guest-sync-delimited', 'guest-sync', 'guest-ping']);
  });

  test('falls back to guest-sync with an agent whose operator forbids the delimiter', async () => {
    const fake = fakeGuest({
      'guest-sync-delimited': () => {
        throw CommandError.commandDisabled('guest-sync-delimited');
      },
    });
    await using _guest = await openGuest(fake.host);
    assert.deepEqual(fake.commands, ['guest-sync-delimited', 'guest-sync']);
  });

  test('falls back although half a reply stands before the answers', async () => {
    const fake = fakeGuest({ 'guest-sync-delimited': refuse('guest-sync-delimited') });
    void fake.say('{"return": {"a": [');
    void fake.say('"\n');
    await using guest = await openGuest(fake.host);
    await guest.call('guest-ping');
  });

  test('gives up when nobody answers, and closes the connection', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const asked = gate();
    const fake = fakeGuest({
      'guest-sync-delimited': () => {
        asked.open();
        return silence;
      },
    });
    const opening = openGuest(fake.host, { timeout: 1234 });
    await asked.opened;
    t.mock.timers.tick(1234);
    await assert.rejects(
      opening,
      (error) => isGuestError(error, 'timeout') && /1\.234 s/.test(error.message),
    );
    await assert.rejects(fake.host.write(Buffer.of(1)), (error) => isGuestError(error, 'closed'));
  });

  test('gives up when the caller does', async () => {
    const caller = new AbortController();
    const fake = fakeGuest({
      'guest-sync-delimited': () => {
        caller.abort();
        return silence;
      },
    });
    const opening = openGuest(fake.host, { signal: caller.signal });
    await assert.rejects(opening, (error) => isGuestError(error, 'aborted'));
  });

  test('says so when the connection ends instead', async () => {
    const fake = fakeGuest({ 'guest-sync-delimited': () => silence });
    const opening = openGuest(fake.host);
    await fake.hangUp();
    await assert.rejects(opening, (error) => isGuestError(error, 'closed'));
  });
});
