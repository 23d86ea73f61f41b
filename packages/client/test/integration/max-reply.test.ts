import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isGuestError, memoryTransports, openGuest, type Transport } from '@guestwire/client';
import { Base64Data } from '@guestwire/protocol';
import { fakeGuest, fragmentReply, when } from '@guestwire/testing';

function reading(bytes: number) {
  return {
    'guest-file-read': () => ({
      count: bytes,
      'buf-b64': Base64Data.fromBytes(Buffer.alloc(bytes)),
      eof: true,
    }),
  };
}

describe('the option maxReply', () => {
  test('accepts a reply up to the limit', async () => {
    const fake = fakeGuest(reading(6000), { faults: [when('guest-file-read', fragmentReply(1))] });
    await using guest = await openGuest(fake.host, { maxReply: 10_000 });
    assert.equal((await guest.call('guest-file-read', { handle: 1 })).count, 6000);
  });

  test('rejects a longer reply, and the next call succeeds', async () => {
    const fake = fakeGuest(reading(60_000));
    await using guest = await openGuest(fake.host, { maxReply: 10_000 });
    await assert.rejects(
      guest.call('guest-file-read', { handle: 1 }),
      (error) => isGuestError(error, 'protocol') && /raise the option maxReply/.test(error.message),
    );
    assert.equal(await guest.call('guest-sync', { id: 1 }), 1);
  });

  test('appears in messageLimits', async () => {
    const limited = (reply: number): Transport => ({ ...memoryHost(), limits: { request: 5000, reply } });
    assert.deepEqual((await openGuest(limited(20_000), { maxReply: 10_000 })).messageLimits, {
      request: 5000,
      reply: 10_000,
    });
    assert.deepEqual((await openGuest(limited(20_000))).messageLimits, { request: 5000, reply: 20_000 });
    assert.deepEqual((await openGuest(fakeGuest().host)).messageLimits, {});
  });

  for (const maxReply of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    test(`rejects ${maxReply}`, async () => {
      await assert.rejects(openGuest(fakeGuest().host, { maxReply }), TypeError);
    });
  }
});

function memoryHost(): Transport {
  const [host, end] = memoryTransports();
  void fakeGuest().serve(end);
  return host;
}
