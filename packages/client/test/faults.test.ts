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

/** A guest on which opening a file meets these faults, once. */
async function faulty(...faults: readonly Fault[]): Promise<[Guest, ManualClock, FakeGuest]> {
  const clock = manualClock();
  const fake = fakeGuest({}, { clock, faults: [when({ command: 'guest-file-open', nth: 1 }, ...faults)] });
  return [await openGuest(fake.host, { clock }), clock, fake];
}

const TIMEOUT = 2000;

/** What became of the call that meets the faults, with the time that it took. */
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

/** The next calls are answered, each with its own answer. */
async function recovers(guest: Guest, clock: ManualClock): Promise<void> {
  for (let id = 1; id < 4; id++) assert.equal(await clock.runUntil(guest.call('guest-sync', { id })), id);
}

describe('the client takes', () => {
  const harmless: readonly [what: string, faults: readonly Fault[], milliseconds: number][] = [
    ['a reply that comes just in time', [delayReply(TIMEOUT - 1)], TIMEOUT - 1],
    ['a reply that comes byte by byte', [fragmentReply(1)], 0],
    ['a reply that comes twice', [duplicateReply()], 0],
    ['a reply that comes again before the next', [resendReply()], 0],
    ['a reply to somebody else before its own', [prefixReply('{"return": 7, "id": 8}\n')], 0],
    ['a reply to nobody before its own', [prefixReply('{"return": 7}\n')], 0],
    ['a message that nobody asked for, behind its own', [suffixReply('{"event": "x"}\n')], 0],
    ['noise behind its own', [suffixReply(100)], 0],
    ['a guest that reads late', [stallReading(1500, { after: 20 })], 1500],
  ];
  for (const [what, faults, milliseconds] of harmless) {
    test(what, async () => {
      const [guest, clock] = await faulty(...faults);
      assert.deepEqual(await outcome(guest, clock), ['answered', milliseconds]);
      await recovers(guest, clock);
    });
  }

  test('a reply that is cut in two anywhere', async () => {
    for (let at = 1; at < replyLength; at++) {
      const [guest, clock] = await faulty(splitReply(at));
      assert.deepEqual(await outcome(guest, clock), ['answered', 0]);
      await recovers(guest, clock);
    }
  });
});

describe('the client ends the call, and goes on, after', () => {
  const harmful: readonly [
    what: string,
    faults: readonly Fault[],
    code: GuestErrorCode,
    milliseconds: number,
  ][] = [
    ['a reply that comes too late', [delayReply(TIMEOUT + 1)], 'timeout', TIMEOUT],
    ['a reply that comes only before the next', [delayReply('until-next-reply')], 'timeout', TIMEOUT],
    ['a reply that is lost', [dropReply()], 'timeout', TIMEOUT],
    ['a guest that does not read for a while', [stallReading(TIMEOUT + 1)], 'timeout', TIMEOUT],
    ['half a reply, and then its own', [prefixReply('{"return": {"coun\n')], 'protocol', 0],
    ['garbage, and then its own', [prefixReply('}{"return": 5}\n')], 'protocol', 0],
    ['a reply that is none', [prefixReply('{"returns": 1000}\n')], 'protocol', 0],
    [
      'an error that names no request',
      [prefixReply('{"error": {"class": "GenericError", "desc": "x"}}\n')],
      'protocol',
      0,
    ],
    ['a reply that nests too deep', [prefixReply(`{"return": ${'['.repeat(1024)}`)], 'protocol', 0],
    ['a reply that is too large', [oversizeReply(81 * 2 ** 20)], 'protocol', 0],
    ['a reply without an end', [oversizeReply(81 * 2 ** 20, { endless: true })], 'protocol', 0],
  ];
  for (const [what, faults, code, milliseconds] of harmful) {
    test(what, async () => {
      const [guest, clock] = await faulty(...faults);
      assert.deepEqual(await outcome(guest, clock), [code, milliseconds]);
      await recovers(guest, clock);
    });
  }

  test('a reply that is cut short anywhere', async () => {
    for (let at = 1; at < replyLength - 2; at++) {
      const [guest, clock] = await faulty(truncateReply(at));
      assert.deepEqual(await outcome(guest, clock), ['timeout', TIMEOUT]);
      await recovers(guest, clock);
    }
  });

  test('a reply of which one bit is wrong: it is never taken for another', async () => {
    for (let seed = 0; seed < 100; seed++) {
      const clock = manualClock();
      const faults = [when({ command: 'guest-file-open', nth: 1 }, corruptReply())];
      const fake = fakeGuest({ 'guest-file-open': () => 111_111 }, { clock, seed, faults });
      await using guest = await openGuest(fake.host, { clock });
      const opening = guest.call('guest-file-open', { path: '/x' }, { timeout: TIMEOUT });
      try {
        // Nobody can see that a digit of the result is another one.
        assert.notEqual(await clock.runUntil(opening), undefined);
      } catch (error) {
        assert.ok(isGuestError(error, 'timeout') || isGuestError(error, 'protocol'), String(error));
      }
      await recovers(guest, clock);
    }
  });

  test('a message that nobody asked for, and a synchronisation that comes too late', async () => {
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

  test('an answer to the byte before a synchronisation that comes late', async () => {
    const clock = manualClock();
    const fake = fakeGuest({}, { clock });
    await using guest = await openGuest(fake.host, { clock });
    await fake.send('{"return": 1}\n');
    fake.inject(when({ nth: [1, 2] }, delayReply(1400)));
    // Two are on their way when the first is answered; the second is answered while the call waits.
    assert.equal(await clock.runUntil(guest.call('guest-sync', { id: 7 })), 7);
    assert.equal(clock.now(), 2800);
    await recovers(guest, clock);
  });

  test('an agent in whose place another one comes, which gives no ids back', async () => {
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
    // Half a request has not been carried out.
    assert.equal(fake.commands.includes('guest-file-write'), false);
  });
});

describe('the client says that the connection is closed, at once and from then on, when the guest ends it', () => {
  const ends: readonly [what: string, faults: readonly Fault[]][] = [
    ['instead of a reply', [dropReply(), disconnectAfterReply()]],
    ['in the middle of a request', [disconnectDuringRequest(20)]],
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

  test('after a reply: that one is still good', async () => {
    const [guest, clock] = await faulty(disconnectAfterReply());
    assert.deepEqual(await outcome(guest, clock), ['answered', 0]);
    assert.deepEqual(await outcome(guest, clock), ['closed', 0]);
  });
});

describe('the handshake', () => {
  const faults: readonly [
    what: string,
    faults: readonly Fault[],
    outcome: 'answered' | GuestErrorCode,
    milliseconds: number,
  ][] = [
    ['passes over garbage before the first reply', [prefixReply('login: \\xfe\\x00}{]["')], 'answered', 0],
    ['passes over noise before the first reply', [prefixReply(4096)], 'answered', 0],
    ['passes over much before the first reply', [prefixReply(Buffer.alloc(2 ** 20, 'x'))], 'answered', 0],
    ['takes a first reply that comes twice', [duplicateReply()], 'answered', 0],
    ['takes a first reply that comes byte by byte', [fragmentReply(1)], 'answered', 0],
    ['asks again when a reply is lost', [when({ nth: 1 }, dropReply())], 'answered', 1000],
    ['asks again when half a reply is lost', [when({ nth: 1 }, truncateReply())], 'answered', 1000],
    [
      'asks again when the reply is late, and takes that then',
      [when({ nth: 1 }, delayReply(1700))],
      'answered',
      1700,
    ],
    ['asks less and less often', [when({ nth: [1, 2, 3] }, dropReply())], 'answered', 7000],
    ['gives up without a reply', [dropReply()], 'timeout', 8000],
    ['gives up with half replies', [truncateReply()], 'timeout', 8000],
    ['gives up when the reply is late', [delayReply(8001)], 'timeout', 8000],
    ['gives up when the guest does not read', [stallReading()], 'timeout', 8000],
    ['gives up when the guest hangs up', [truncateReply(), disconnectAfterReply()], 'closed', 0],
    ['gives up when the guest hangs up before it has read all', [disconnectDuringRequest(30)], 'closed', 0],
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
    test(`gets over half a reply that stands before everything that an agent of release ${version} says`, async () => {
      const clock = manualClock();
      const fake = fakeGuest({}, { version, clock });
      void fake.send('{"return": {"count": 3, "buf-b64": "YW');
      const guest = await clock.runUntil(openGuest(fake.host, { clock }));
      await recovers(guest, clock);
    });
  }
});
