import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect, type FrozenGuest, type Guest, isGuestError, openGuest } from '@guestwire/client';
import {
  delayReply,
  disconnectAfterReply,
  dropReply,
  type FakeGuest,
  type FakeGuestOptions,
  type FakeHandlers,
  failWith,
  fakeGuest,
  type ManualClock,
  manualClock,
  sequence,
  stallReading,
  when,
} from '@guestwire/testing';
import { serve } from '../../support/serve.js';

interface Scene {
  readonly fake: FakeGuest;
  readonly guest: Guest;
  readonly clock: ManualClock;
  /** The freeze and thaw commands received, in order, by the last word of their names. */
  readonly asked: () => readonly string[];
}

async function scene(handlers: FakeHandlers = {}, options: FakeGuestOptions = {}): Promise<Scene> {
  const clock = manualClock();
  const fake = fakeGuest(handlers, { clock, ...options });
  const guest = await openGuest(fake.host, { clock });
  return {
    fake,
    guest,
    clock,
    asked: () =>
      fake.commands.filter((name) => name.startsWith('guest-fsfreeze-')).map((name) => name.slice(15)),
  };
}

function fired(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
    if (signal.aborted) resolve(signal.reason);
  });
}

describe('FrozenGuest', () => {
  test('thaws at the end of the scope and verifies it', async () => {
    const { guest, asked, clock } = await scene();
    let report: FrozenGuest['report'];
    {
      await using frozen = await guest.freeze();
      assert.equal(frozen.filesystems, 2);
      assert.equal(frozen.report, undefined);
      await clock.advance(400);
      report = await frozen.thaw();
      assert.equal(frozen.signal.aborted, false);
    }
    assert.deepEqual(report, { by: 'us', filesystems: 2, milliseconds: 400 });
    assert.deepEqual(asked(), ['freeze', 'status', 'thaw', 'status']);
  });

  test('thaws when the scope is left by an error, and passes that on', async () => {
    const { guest, asked } = await scene();
    await assert.rejects(async () => {
      await using _ = await guest.freeze();
      throw new Error('no snapshot');
    }, /^Error: no snapshot$/);
    assert.deepEqual(asked(), ['freeze', 'status', 'thaw', 'status']);
  });

  test('freezes only the given mount points', async () => {
    const { guest, fake } = await scene();
    await using _ = await guest.freeze({ mountPoints: ['/', '/srv'] });
    const request = fake.requests.find(({ name }) => name === 'guest-fsfreeze-freeze-list');
    assert.deepEqual(request?.args.get('mountpoints'), ['/', '/srv']);
    await assert.rejects(guest.freeze({ mountPoints: [] }), TypeError);
  });

  test('returns the same report to each call of thaw', async () => {
    const { guest, asked } = await scene();
    const frozen = await guest.freeze();
    const reports = await Promise.all([frozen.thaw(), frozen.thaw()]);
    assert.equal(reports[0], reports[1]);
    assert.equal(await frozen.thaw(), reports[0]);
    assert.deepEqual(asked(), ['freeze', 'status', 'thaw', 'status']);
  });

  test('thaws when atMost is over, counted from the request to freeze', async () => {
    const { guest, clock, asked } = await scene(
      {},
      { faults: [when('guest-fsfreeze-freeze', delayReply(1000))] },
    );
    const freezing = guest.freeze({ atMost: '30s' });
    await clock.advance(1000);
    const frozen = await freezing;
    await clock.advance(28_999);
    assert.equal(frozen.signal.aborted, false);
    await clock.advance(1);
    assert.ok(isGuestError(frozen.signal.reason, 'timeout'));
    assert.match(frozen.signal.reason.message, /30 s/);
    assert.deepEqual(await frozen.thaw(), { by: 'time', filesystems: 2, milliseconds: 30_000 });
    assert.equal(asked().filter((command) => command === 'thaw').length, 1);
  });

  test("thaws when the caller's signal fires", async () => {
    const { guest, asked } = await scene();
    const caller = new AbortController();
    const frozen = await guest.freeze({ signal: caller.signal });
    caller.abort();
    assert.ok(isGuestError(await fired(frozen.signal), 'aborted'));
    assert.equal((await frozen.thaw()).by, 'us');
    assert.deepEqual(asked(), ['freeze', 'status', 'thaw', 'status']);
  });

  test('reports within a second that the guest thawed by itself, and sends no thaw', async () => {
    const status = sequence<unknown, 'frozen' | 'thawed'>(
      () => 'frozen',
      () => 'thawed',
    );
    const { guest, clock, asked } = await scene({ 'guest-fsfreeze-status': status });
    await using frozen = await guest.freeze();
    await clock.advance(1000);
    assert.equal(frozen.signal.aborted, false);
    await clock.advance(1000);
    assert.ok(isGuestError(frozen.signal.reason, 'command'));
    assert.match(frozen.signal.reason.message, /thawed by something else/);
    assert.deepEqual(await frozen.thaw(), { by: 'guest', filesystems: 0, milliseconds: 2000 });
    assert.ok(!asked().includes('thaw'));
  });

  test('reports at the end of the scope that the guest thawed by itself', async () => {
    const { guest, asked } = await scene({ 'guest-fsfreeze-status': () => 'thawed' });
    const frozen = await guest.freeze();
    assert.equal((await frozen.thaw()).by, 'guest');
    assert.deepEqual(asked(), ['freeze', 'status']);
  });

  test('reports filesystems that were thawed without the agent', async () => {
    const { guest } = await scene({
      'guest-fsfreeze-status': sequence<unknown, 'frozen' | 'thawed'>(
        () => 'frozen',
        () => 'thawed',
      ),
      'guest-fsfreeze-thaw': () => 0,
    });
    const frozen = await guest.freeze();
    assert.equal((await frozen.thaw()).by, 'guest');
  });

  test('repeats a thaw whose reply was lost', async () => {
    const { guest, clock, asked } = await scene({}, { faults: [when('guest-fsfreeze-thaw', dropReply())] });
    const frozen = await guest.freeze();
    const report = await clock.runUntil(frozen.thaw());
    assert.equal(report.by, 'us');
    assert.deepEqual(
      asked().filter((command) => command !== 'status'),
      ['freeze', 'thaw'],
    );
  });

  test('thaws although the hook fails, and rejects with its error', async () => {
    let frozenNow = false;
    const { guest, clock } = await scene({
      'guest-fsfreeze-freeze': () => {
        frozenNow = true;
        return 1;
      },
      'guest-fsfreeze-status': () => (frozenNow ? 'frozen' : 'thawed'),
      'guest-fsfreeze-thaw': () => {
        frozenNow = false;
        return failWith('child process has failed to execute fsfreeze hook')();
      },
    });
    const frozen = await guest.freeze();
    await assert.rejects(clock.runUntil(frozen.thaw()), (error) => {
      assert.ok(isGuestError(error, 'command'));
      assert.match(error.message, /fsfreeze hook \(all filesystems are thawed\)/);
      return true;
    });
    assert.equal(frozen.report?.by, 'us');
  });

  test('reports a guest that its agent has thawed before the thaw, with the reason', async () => {
    let frozenNow = false;
    const { guest, clock } = await scene({
      'guest-fsfreeze-freeze': () => {
        frozenNow = true;
        return 1;
      },
      'guest-fsfreeze-status': () => (frozenNow ? 'frozen' : 'thawed'),
      'guest-fsfreeze-thaw': () => {
        frozenNow = false;
        return failWith(
          'filesystems were thawed at 2026-11-29T14:05:00Z by the agent: no guest-fsfreeze-thaw within 600 seconds; the snapshot may be inconsistent',
        )();
      },
    });
    const frozen = await guest.freeze();
    await assert.rejects(clock.runUntil(frozen.thaw()), (error) => {
      assert.ok(isGuestError(error, 'command'));
      assert.match(
        error.message,
        /were thawed at .* by the agent: no guest-fsfreeze-thaw within 600 seconds.*\(all filesystems are thawed\)/,
      );
      return true;
    });
    assert.equal(frozen.report?.by, 'guest');
  });

  test('rejects after a minute without a thaw, and can try again', async () => {
    let stuck = true;
    const { guest, clock } = await scene({
      'guest-fsfreeze-status': () => (stuck ? 'frozen' : 'thawed'),
      'guest-fsfreeze-thaw': failWith('failed to open /proc/self/mounts'),
    });
    const frozen = await guest.freeze();
    const start = clock.now();
    await assert.rejects(clock.runUntil(frozen.thaw()), (error) => {
      assert.ok(isGuestError(error, 'command'));
      assert.match(error.message, /may still be frozen; thaw it with .*: .*\/proc\/self\/mounts/);
      return true;
    });
    assert.ok(clock.now() - start <= 60_000);
    assert.equal(frozen.report, undefined);
    stuck = false;
    assert.equal((await clock.runUntil(frozen.thaw())).by, 'guest');
  });
});

describe('freeze', () => {
  const mayHaveTakenEffect: readonly [what: string, options: FakeGuestOptions][] = [
    ['a freeze whose reply is lost', { faults: [when('guest-fsfreeze-freeze', dropReply())] }],
    ['a freeze that times out', { faults: [when('guest-fsfreeze-freeze', delayReply(40_000))] }],
  ];
  for (const [what, options] of mayHaveTakenEffect) {
    test(`undoes ${what}`, async () => {
      const { guest, clock, asked } = await scene({}, options);
      await assert.rejects(clock.runUntil(guest.freeze()), (error) => isGuestError(error, 'timeout'));
      assert.deepEqual(asked(), ['freeze', 'status', 'thaw', 'status']);
      assert.equal(await guest.call('guest-fsfreeze-status'), 'thawed');
    });
  }

  test('undoes a freeze that exceeds atMost', async () => {
    const { guest, clock, asked } = await scene(
      {},
      { faults: [when('guest-fsfreeze-freeze', delayReply(6000))] },
    );
    await assert.rejects(clock.runUntil(guest.freeze({ atMost: '5s' })), (error) =>
      isGuestError(error, 'timeout'),
    );
    assert.ok(asked().includes('thaw'));
  });

  test('undoes a freeze that is aborted', async () => {
    const { guest, clock, asked } = await scene(
      {},
      { faults: [when('guest-fsfreeze-freeze', delayReply(500))] },
    );
    const caller = new AbortController();
    const freezing = guest.freeze({ signal: caller.signal });
    await clock.advance(100);
    caller.abort();
    await assert.rejects(clock.runUntil(freezing), (error) => isGuestError(error, 'aborted'));
    assert.deepEqual(asked(), ['freeze', 'status', 'thaw', 'status']);
  });

  test('sends nothing if the signal has already fired', async () => {
    const { guest, asked } = await scene();
    await assert.rejects(guest.freeze({ signal: AbortSignal.abort() }), (error) =>
      isGuestError(error, 'aborted'),
    );
    assert.deepEqual(asked(), []);
  });

  test('sends no thaw after a failure that the agent has undone', async () => {
    const { guest, clock, asked } = await scene({
      'guest-fsfreeze-freeze': failWith('failed to freeze /srv'),
    });
    await assert.rejects(clock.runUntil(guest.freeze()), /failed to freeze \/srv/);
    assert.deepEqual(asked(), ['freeze', 'status']);
  });

  test('undoes a failed freeze that leaves the guest frozen', async () => {
    let frozen = true;
    const { guest, clock } = await scene({
      'guest-fsfreeze-freeze': failWith('failed to freeze /srv'),
      'guest-fsfreeze-status': () => (frozen ? 'frozen' : 'thawed'),
      'guest-fsfreeze-thaw': () => {
        frozen = false;
        return 1;
      },
    });
    await assert.rejects(
      clock.runUntil(guest.freeze()),
      /^GuestError: guest-fsfreeze-freeze: failed to freeze \/srv$/,
    );
    assert.equal(frozen, false);
  });

  test('rejects for a guest that is already frozen, and leaves it frozen', async () => {
    const { guest, asked } = await scene();
    await guest.call('guest-fsfreeze-freeze');
    await assert.rejects(guest.freeze(), (error) => {
      assert.ok(isGuestError(error, 'disabled'));
      assert.match(error.message, /already frozen/);
      return true;
    });
    assert.ok(!asked().includes('thaw'));
  });

  test('rejects with unsupported and sends nothing more', async () => {
    const { guest, asked } = await scene({}, { version: '2.0' });
    await assert.rejects(guest.freeze({ mountPoints: ['/'] }), (error) => isGuestError(error, 'unsupported'));
    assert.deepEqual(asked(), ['freeze-list']);
  });

  test('rejects if no filesystem was frozen, and thaws for the hook', async () => {
    const { guest, clock, asked } = await scene({ 'guest-fsfreeze-freeze-list': () => 0 });
    await assert.rejects(clock.runUntil(guest.freeze({ mountPoints: ['/nowhere'] })), (error) => {
      assert.ok(isGuestError(error, 'command'));
      assert.match(error.message, /no filesystem was frozen/);
      return true;
    });
    assert.deepEqual(asked(), ['freeze-list', 'thaw', 'status']);
  });

  test('says that the guest may still be frozen if it cannot be undone', async () => {
    const { guest, clock } = await scene(
      { 'guest-fsfreeze-status': () => 'frozen', 'guest-fsfreeze-thaw': failWith('no mount list') },
      { faults: [when('guest-fsfreeze-freeze', dropReply())] },
    );
    await assert.rejects(clock.runUntil(guest.freeze()), (error) => {
      assert.ok(isGuestError(error, 'timeout'));
      assert.match(error.message, /timed out after 30 s; the guest may still be frozen/);
      return true;
    });
  });
});

describe('freeze after the end of its connection', () => {
  const folder = mkdtempSync(join(tmpdir(), 'guestwire-freeze-'));
  after(() => rmSync(folder, { recursive: true }));
  let sockets = 0;

  const overSocket = async (options: FakeGuestOptions): Promise<{ fake: FakeGuest; guest: Guest }> => {
    const fake = fakeGuest({}, options);
    const { target } = await fake.listen(join(folder, `${sockets++}.sock`));
    return { fake, guest: await connect(target) };
  };

  test('thaws over a new one if it ended during the freeze', async () => {
    const { fake, guest } = await overSocket({
      faults: [when('guest-fsfreeze-freeze', dropReply(), disconnectAfterReply())],
    });
    await using _ = fake;
    await assert.rejects(guest.freeze(), (error) => isGuestError(error, 'closed'));
    assert.ok(fake.commands.includes('guest-fsfreeze-thaw'));
    assert.equal(fake.commands.at(-1), 'guest-fsfreeze-status');
  });

  test('thaws over a new one if it ended while frozen', async () => {
    const { fake, guest } = await overSocket({});
    await using _ = fake;
    const frozen = await guest.freeze();
    await fake.disconnect();
    const { by, filesystems } = await frozen.thaw();
    assert.deepEqual({ by, filesystems }, { by: 'us', filesystems: 2 });
    await frozen[Symbol.asyncDispose]();
  });

  test('thaws over a new one, if possible, when the old one is silent', async () => {
    let frozen = true;
    const handlers: FakeHandlers = {
      'guest-fsfreeze-status': () => (frozen ? 'frozen' : 'thawed'),
      'guest-fsfreeze-thaw': () => {
        frozen = false;
        return 1;
      },
    };
    const clock = manualClock();
    const silent = fakeGuest(handlers, { clock, faults: [when('guest-fsfreeze-status', stallReading())] });
    const other = fakeGuest(handlers, { clock });
    const guests = [silent, other];
    const path = join(folder, 'silent.sock');
    const server = await serve({ path }, () => guests.shift() ?? other);
    const guest = await connect(`unix:${path}`, { clock });
    const held = await guest.freeze();
    let report: FrozenGuest['report'];
    const thawing = held.thaw().then((told) => {
      report = told;
    });
    // The sockets are real, so their events need a turn of the event loop between two steps of the clock.
    while (report === undefined && clock.now() < 60_000) {
      await clock.advance(500);
      await nextTurn();
    }
    await thawing;
    assert.equal(report?.by, 'us');
    assert.ok(other.commands.includes('guest-fsfreeze-thaw'));
    await held[Symbol.asyncDispose]();
    await guest.close();
    await Promise.all([silent[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
    server.close();
  });

  test('counts a thaw whose reply was lost with the connection', async () => {
    const { fake, guest } = await overSocket({
      faults: [when('guest-fsfreeze-thaw', dropReply(), disconnectAfterReply())],
    });
    await using _ = fake;
    await using frozen = await guest.freeze();
    assert.equal((await frozen.thaw()).by, 'us');
  });
});
