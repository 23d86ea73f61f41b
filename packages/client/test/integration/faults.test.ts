import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Guest, type GuestErrorCode, isGuestError, openGuest } from '@guestwire/client';
import { Base64Data } from '@guestwire/protocol';
import {
  corruptReply,
  delayReply,
  disconnectAfterReply,
  disconnectDuringRequest,
  dropReply,
  duplicateReply,
  type FakeGuest,
  type Fault,
  fakeGuest,
  fragmentReply,
  type ManualClock,
  manualClock,
  oversizeReply,
  prefixReply,
  resendReply,
  rewriteReply,
  splitReply,
  stallReading,
  suffixReply,
  truncateReply,
  when,
} from '@guestwire/testing';

const replyLength = '{"return": 1000, "id": 100000000000000}\n'.length;

/** Opens a guest whose first `guest-file-open` has these faults. */
async function faulty(...faults: readonly Fault[]): Promise<[Guest, ManualClock, FakeGuest]> {
  const clock = manualClock();
  const fake = fakeGuest({}, { clock, faults: [when({ command: 'guest-file-open', nth: 1 }, ...faults)] });
  return [await openGuest(fake.host, { clock }), clock, fake];
}

const TIMEOUT = 2000;

/** Returns the outcome of the call with the faults, and its duration. */
async function outcome(guest: Guest, clock: ManualClock): Promise<[GuestErrorCode | 'answered', number]> {
  const began = clock.now();
  const opening = guest.call('guest-file-open', { path: '/x' }, { timeout: TIMEOUT });
  const result = await clock.runUntil(
    opening.then(
      (handle) => {
        assert.equal(handle, 1000);
        return 'answered' as const;
      },
      (error: unknown) => {
        assert.ok(isGuestError(error), String(error));
        assert.equal(error.command ?? 'guest-file-open', 'guest-file-open');
        return error.code;
      },
    ),
  );
  return [result, clock.now() - began];
}

/** Asserts that the next calls return their own replies. */
async function recovers(guest: Guest, clock: ManualClock): Promise<void> {
  for (let id = 1; id < 4; id++) assert.equal(await clock.runUntil(guest.call('guest-sync', { id })), id);
}

describe('Guest.call accepts', () => {
  const harmless: readonly [what: string, faults: readonly Fault[], milliseconds: number][] = [
    ['a reply just before the timeout', [delayReply(TIMEOUT - 1)], TIMEOUT - 1],
    ['a reply in single bytes', [fragmentReply(1)], 0],
    ['a duplicate reply', [duplicateReply()], 0],
    ['a reply that is repeated before the next one', [resendReply()], 0],
    ['a reply with another id before its own', [prefixReply('{"return": 7, "id": 8}\n')], 0],
    ['a reply without an id before its own', [prefixReply('{"return": 7}\n')], 0],
    ['an unsolicited message after its reply', [suffixReply('{"event": "x"}\n')], 0],
    ['noise after its reply', [suffixReply(100)], 0],
    ['a guest that reads late', [stallReading(1500, { after: 20 })], 1500],
  ];
  for (const [what, faults, milliseconds] of harmless) {
    test(what, async () => {
      const [guest, clock] = await faulty(...faults);
      assert.deepEqual(await outcome(guest, clock), ['answered', milliseconds]);
      await recovers(guest, clock);
    });
  }

  test('a reply split at any byte', async () => {
    for (let at = 1; at < replyLength; at++) {
      const [guest, clock] = await faulty(splitReply(at));
      assert.deepEqual(await outcome(guest, clock), ['answered', 0]);
      await recovers(guest, clock);
    }
  });
});

describe('Guest.call rejects, and the next call succeeds, after', () => {
  const harmful: readonly [
    what: string,
    faults: readonly Fault[],
    code: GuestErrorCode,
    milliseconds: number,
  ][] = [
    ['a late reply', [delayReply(TIMEOUT + 1)], 'timeout', TIMEOUT],
    ['a reply that is delayed until the next one', [delayReply('until-next-reply')], 'timeout', TIMEOUT],
    ['a lost reply', [dropReply()], 'timeout', TIMEOUT],
    ['a guest that does not read for a while', [stallReading(TIMEOUT + 1)], 'timeout', TIMEOUT],
    ['half a reply before its own', [prefixReply('{"return": {"coun\n')], 'protocol', 0],
    ['garbage before its own', [prefixReply('}{"return": 5}\n')], 'protocol', 0],
    ['a message that is not a reply', [prefixReply('{"returns": 1000}\n')], 'protocol', 0],
    [
      'an error reply without an id',
      [prefixReply('{"error": {"class": "GenericError", "desc": "x"}}\n')],
      'protocol',
      0,
    ],
    ['a reply that is nested too deeply', [prefixReply(`{"return": ${'['.repeat(1024)}`)], 'protocol', 0],
    ['an oversized reply', [oversizeReply(81 * 2 ** 20)], 'protocol', 0],
    ['an endless reply', [oversizeReply(81 * 2 ** 20, { endless: true })], 'protocol', 0],
  ];
  for (const [what, faults, code, milliseconds] of harmful) {
    test(what, async () => {
      const [guest, clock] = await faulty(...faults);
      assert.deepEqual(await outcome(guest, clock), [code, milliseconds]);
      await recovers(guest, clock);
    });
  }

  test('a reply truncated at any byte', async () => {
    for (let at = 1; at < replyLength - 2; at++) {
      const [guest, clock] = await faulty(truncateReply(at));
      assert.deepEqual(await outcome(guest, clock), ['timeout', TIMEOUT]);
      await recovers(guest, clock);
    }
  });

  test('a reply with a flipped bit, which is never taken for another', async () => {
    for (let seed = 0; seed < 100; seed++) {
      const clock = manualClock();
      const faults = [when({ command: 'guest-file-open', nth: 1 }, corruptReply())];
      const fake = fakeGuest({ 'guest-file-open': () => 111_111 }, { clock, seed, faults });
      await using guest = await openGuest(fake.host, { clock });
      const opening = guest.call('guest-file-open', { path: '/x' }, { timeout: TIMEOUT });
      try {
        // A changed digit of the result cannot be detected.
        assert.notEqual(await clock.runUntil(opening), undefined);
      } catch (error) {
        assert.ok(isGuestError(error, 'timeout') || isGuestError(error, 'protocol'), String(error));
      }
      await recovers(guest, clock);
    }
  });

  test('an unsolicited message and a late reply to a synchronization', async () => {
    for (const version of ['2.0', '10.0']) {
      const clock = manualClock();
      const fake = fakeGuest({}, { version, clock });
      await using guest = await openGuest(fake.host, { clock });
      await fake.send('{"return": 1}\n');
      fake.inject(when({ nth: 1 }, delayReply(500)));
      const opening = guest.call('guest-file-open', { path: '/x' }, { timeout: 400 });
      await assert.rejects(clock.runUntil(opening), (error) => isGuestError(error, 'timeout'));
      await recovers(guest, clock);
    }
  });

  test('a late reply to the reset byte', async () => {
    const clock = manualClock();
    const fake = fakeGuest({}, { clock });
    await using guest = await openGuest(fake.host, { clock });
    await fake.send('{"return": 1}\n');
    fake.inject(when({ nth: [1, 2] }, delayReply(1400)));
    // Two synchronizations are pending when the first reply arrives; the second arrives during the call.
    assert.equal(await clock.runUntil(guest.call('guest-sync', { id: 7 })), 7);
    assert.equal(clock.now(), 2800);
    await recovers(guest, clock);
  });

  test('the replacement of the agent by one that does not echo ids', async () => {
    const clock = manualClock();
    const fake = fakeGuest({}, { clock });
    await using guest = await openGuest(fake.host, { clock });
    fake.inject(rewriteReply((reply) => reply.replace(/, "id": \d+/, '')));
    await assert.rejects(
      clock.runUntil(guest.call('guest-file-open', { path: '/x' }, { timeout: 100 })),
      (error) => isGuestError(error, 'timeout'),
    );
    await recovers(guest, clock);
  });

  test('a guest that does not read a large request for a while', async () => {
    const clock = manualClock();
    const fake = fakeGuest(
      {},
      {
        clock,
        faults: [when({ command: 'guest-file-write', nth: 1 }, stallReading(5000, { after: 70_000 }))],
      },
    );
    await using guest = await openGuest(fake.host, { clock });
    const data = Base64Data.fromBytes(Buffer.alloc(2_000_000));
    const writing = guest.call('guest-file-write', { handle: 1, 'buf-b64': data }, { timeout: TIMEOUT });
    await assert.rejects(clock.runUntil(writing), (error) => isGuestError(error, 'timeout'));
    assert.equal(clock.now(), TIMEOUT);
    await recovers(guest, clock);
    assert.equal(clock.now(), 5000);
    // The guest has not run the incomplete request.
    assert.equal(fake.commands.includes('guest-file-write'), false);
  });
});

describe('Guest.call rejects with closed, now and later, when the guest disconnects', () => {
  const ends: readonly [what: string, faults: readonly Fault[]][] = [
    ['instead of a reply', [dropReply(), disconnectAfterReply()]],
    ['during a request', [disconnectDuringRequest(20)]],
    ...Array.from({ length: replyLength - 3 }, (_, at): [string, readonly Fault[]] => [
      `${at + 1} bytes into a reply`,
      [truncateReply(at + 1), disconnectAfterReply()],
    ]),
  ];
  for (const [what, faults] of ends) {
    test(what, async () => {
      const [guest, clock] = await faulty(...faults);
      assert.deepEqual(await outcome(guest, clock), ['closed', 0]);
      assert.deepEqual(await outcome(guest, clock), ['closed', 0]);
    });
  }

  test('after a reply, which is still accepted', async () => {
    const [guest, clock] = await faulty(disconnectAfterReply());
    assert.deepEqual(await outcome(guest, clock), ['answered', 0]);
    assert.deepEqual(await outcome(guest, clock), ['closed', 0]);
  });
});

describe('the handshake with faults', () => {
  const faults: readonly [
    what: string,
    faults: readonly Fault[],
    outcome: 'answered' | GuestErrorCode,
    milliseconds: number,
  ][] = [
    ['skips garbage before the first reply', [prefixReply('login: \\xfe\\x00}{]["')], 'answered', 0],
    ['skips noise before the first reply', [prefixReply(4096)], 'answered', 0],
    ['skips a megabyte before the first reply', [prefixReply(Buffer.alloc(2 ** 20, 'x'))], 'answered', 0],
    ['accepts a duplicate first reply', [duplicateReply()], 'answered', 0],
    ['accepts a first reply in single bytes', [fragmentReply(1)], 'answered', 0],
    ['retries when a reply is lost', [when({ nth: 1 }, dropReply())], 'answered', 1000],
    ['retries when half a reply is lost', [when({ nth: 1 }, truncateReply())], 'answered', 1000],
    [
      'retries when the reply is late, and then accepts it',
      [when({ nth: 1 }, delayReply(1700))],
      'answered',
      1700,
    ],
    ['retries with a growing delay', [when({ nth: [1, 2, 3] }, dropReply())], 'answered', 7000],
    ['times out without a reply', [dropReply()], 'timeout', 8000],
    ['times out with half replies', [truncateReply()], 'timeout', 8000],
    ['times out when the reply is late', [delayReply(8001)], 'timeout', 8000],
    ['times out when the guest does not read', [stallReading()], 'timeout', 8000],
    ['rejects when the guest hangs up', [truncateReply(), disconnectAfterReply()], 'closed', 0],
    ['rejects when the guest hangs up while reading', [disconnectDuringRequest(30)], 'closed', 0],
  ];
  for (const [what, meets, expected, milliseconds] of faults) {
    test(what, async () => {
      const clock = manualClock();
      const fake = fakeGuest({}, { clock });
      const installed = fake.inject(...meets);
      const opening = openGuest(fake.host, { clock, timeout: 8000 });
      const result = await clock.runUntil(
        opening.then(
          () => 'answered',
          (error: unknown) => (isGuestError(error) ? error.code : error),
        ),
      );
      assert.equal(result, expected);
      assert.equal(clock.now(), milliseconds);
      installed[Symbol.dispose]();
      if (expected === 'answered') await recovers(await opening, clock);
    });
  }

  for (const version of ['0.15', '1.0', '2.0', '2.12', '3.0', '10.0']) {
    test(`skips half a reply before the first one of release ${version}`, async () => {
      const clock = manualClock();
      const fake = fakeGuest({}, { version, clock });
      void fake.send('{"return": {"count": 3, "buf-b64": "YW');
      const guest = await clock.runUntil(openGuest(fake.host, { clock }));
      await recovers(guest, clock);
    });
  }
});
