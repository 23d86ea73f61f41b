import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import {
  type ConnectOptions,
  connect,
  type Guest,
  type GuestErrorCode,
  isGuestError,
  openGuest,
} from '@guestwire/client';
import { type FakeGuest, fakeGuest, noReply } from '@guestwire/testing';
import fc from 'fast-check';
import { serve } from '../support/serve.js';

const folder = mkdtempSync(join(tmpdir(), 'guestwire-reconnect-'));
after(() => rmSync(folder, { recursive: true }));
let sockets = 0;
function newPath(): string {
  return join(folder, `${++sockets}.sock`);
}

function withCode(code: GuestErrorCode) {
  return (error: unknown): boolean => isGuestError(error, code);
}

/** Starts a server that connects to each of these guests once, in order, and then closes. */
async function served(guests: readonly FakeGuest[], path = newPath()): Promise<[string, Server]> {
  const rest = [...guests];
  const server = await serve({ path }, () => {
    const next = rest.shift();
    assert.ok(next !== undefined, 'nobody asked for that many connections');
    if (rest.length === 0) server.close();
    return next;
  });
  return [`unix:${path}`, server];
}

/** Runs `work` with a connected guest. `end` ends the first connection, and resolves when the host has closed it too. */
async function connected(
  guests: readonly FakeGuest[],
  options: ConnectOptions,
  work: (guest: Guest, end: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const [target, server] = await served(guests);
  try {
    const first = once(server, 'connection');
    await using guest = await connect(target, options);
    await work(guest, async () => {
      const [socket] = await first;
      const closed = once(socket, 'close');
      socket.end();
      await closed;
    });
  } finally {
    server.close();
  }
}

/** Returns a guest that disconnects on `guest-ping`. */
function leaving(): FakeGuest {
  const fake = fakeGuest({
    'guest-ping': async () => {
      await fake.disconnect();
      return noReply;
    },
  });
  return fake;
}

describe('Guest with reconnect', () => {
  test('opens a new connection for the next call', async () => {
    const [first, second] = [leaving(), fakeGuest()];
    await connected([first, second], { reconnect: true }, async (guest) => {
      await assert.rejects(guest.call('guest-ping'), withCode('closed'));
      assert.equal(await guest.call('guest-sync', { id: 2 }), 2);
      assert.deepEqual(second.commands, ['guest-sync-delimited', 'guest-sync']);
    });
  });

  test('does not repeat a call that was sent', async () => {
    const [first, second] = [leaving(), fakeGuest()];
    await connected([first, second], { reconnect: true }, async (guest) => {
      const answers = await Promise.allSettled([
        guest.call('guest-ping'),
        guest.call('guest-sync', { id: 3 }),
        guest.call('guest-sync', { id: 4 }),
      ]);
      assert.deepEqual(
        answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : 'rejected')),
        ['rejected', 3, 4],
      );
      assert.deepEqual(second.commands, ['guest-sync-delimited', 'guest-sync', 'guest-sync']);
    });
  });

  test('notices an end between calls', async () => {
    const [first, second] = [fakeGuest(), fakeGuest()];
    await connected([first, second], { reconnect: true }, async (guest, end) => {
      await end();
      await guest.call('guest-ping');
      assert.deepEqual(second.commands, ['guest-sync-delimited', 'guest-ping']);
    });
  });

  test('notices an end during a synchronization', async () => {
    const first: FakeGuest = fakeGuest({
      'guest-ping': () => noReply,
      'guest-sync-delimited': async ({ id }, { nth }) => {
        if (nth === 1) return id;
        await first.disconnect();
        return noReply;
      },
    });
    const second = fakeGuest();
    await connected([first, second], { reconnect: true }, async (guest) => {
      await assert.rejects(guest.call('guest-ping', undefined, { timeout: 100 }), withCode('timeout'));
      assert.equal(await guest.call('guest-sync', { id: 5 }), 5);
      assert.deepEqual(second.commands, ['guest-sync-delimited', 'guest-sync']);
    });
  });

  test('reconnects after an aborted call', async () => {
    const caller = new AbortController();
    const first: FakeGuest = fakeGuest({
      'guest-ping': () => {
        caller.abort();
        return noReply;
      },
    });
    const second = fakeGuest();
    await connected([first, second], { reconnect: true }, async (guest) => {
      await assert.rejects(
        guest.call('guest-ping', undefined, { signal: caller.signal }),
        withCode('aborted'),
      );
      await first.disconnect();
      assert.equal(await guest.call('guest-sync', { id: 6 }), 6);
    });
  });

  test('survives a shutdown of the guest', async () => {
    const first: FakeGuest = fakeGuest({
      'guest-shutdown': async () => {
        await first.disconnect();
        return noReply;
      },
    });
    await connected([first, fakeGuest()], { reconnect: true }, async (guest) => {
      await guest.call('guest-shutdown', { mode: 'reboot' });
      await guest.call('guest-ping');
    });
  });

  test('reads the capabilities again, since the agent may be another one', async () => {
    const first: FakeGuest = fakeGuest({ 'guest-info': () => ({ version: '7.2', supported_commands: [] }) });
    const second = fakeGuest({ 'guest-info': () => ({ version: '10.0', supported_commands: [] }) });
    await connected([first, second], { reconnect: true }, async (guest, end) => {
      assert.equal((await guest.capabilities()).version, '7.2');
      await end();
      assert.equal((await guest.capabilities()).version, '10.0');
    });
  });

  test('waits until the target can be reached again', async () => {
    const path = newPath();
    const [target] = await served([leaving()], path);
    await using guest = await connect(target, { reconnect: { delay: '10ms' } });
    await assert.rejects(guest.call('guest-ping'), withCode('closed'));
    const call = guest.call('guest-sync', { id: 7 });
    const [, server] = await served([fakeGuest()], path);
    assert.equal(await call, 7);
    server.close();
  });

  test('retries when a new connection is silent', async () => {
    const mute = fakeGuest({ 'guest-sync-delimited': () => noReply });
    const options = { reconnect: { delay: 0 }, timeout: 200 };
    await connected([leaving(), mute, fakeGuest()], options, async (guest) => {
      await assert.rejects(guest.call('guest-ping'), withCode('closed'));
      assert.equal(await guest.call('guest-sync', { id: 8 }), 8);
    });
  });

  test('limits the number of attempts', async () => {
    await connected([leaving()], { reconnect: { attempts: 3, delay: 0 } }, async (guest) => {
      await assert.rejects(guest.call('guest-ping'), withCode('closed'));
      await assert.rejects(
        guest.call('guest-sync', { id: 1 }),
        (error) => isGuestError(error, 'closed') && /: no such socket;/.test(error.message),
      );
    });
  });

  test('times out with the error of the last attempt', async () => {
    await connected([leaving()], { reconnect: { delay: 0 } }, async (guest) => {
      await assert.rejects(guest.call('guest-ping'), withCode('closed'));
      await assert.rejects(guest.call('guest-sync', { id: 1 }, { timeout: 50 }), (error) => {
        assert.ok(isGuestError(error, 'timeout'));
        assert.match(error.message, /^guest-sync: timed out after 0\.05 s; .*: no such socket;/);
        return true;
      });
    });
  });

  test('does not reconnect after close', async () => {
    await connected([leaving()], { reconnect: { delay: '1h' } }, async (guest) => {
      await assert.rejects(guest.call('guest-ping'), withCode('closed'));
      const call = guest.call('guest-sync', { id: 1 });
      await guest.close();
      await assert.rejects(call, withCode('closed'));
      await assert.rejects(guest.call('guest-ping'), withCode('closed'));
    });
  });

  test('returns each caller its own reply or an error across connections', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(4), { minLength: 1, maxLength: 4 }), async (answersUntilEnd) => {
        const guests = answersUntilEnd.map((answers): FakeGuest => {
          let left = answers;
          const fake: FakeGuest = fakeGuest({
            'guest-sync': async ({ id }) => {
              if (left-- > 0) return id;
              await fake.disconnect();
              return noReply;
            },
          });
          return fake;
        });
        await connected([...guests, fakeGuest()], { reconnect: { delay: 0 } }, async (guest) => {
          const ids = Array.from({ length: 20 }, (_, id) => id);
          const answers = await Promise.allSettled(ids.map((id) => guest.call('guest-sync', { id })));
          let lost = 0;
          for (const [id, answer] of answers.entries()) {
            if (answer.status === 'fulfilled') assert.equal(answer.value, id);
            else if (isGuestError(answer.reason, 'closed')) lost += 1;
            else assert.fail(String(answer.reason));
          }
          // One call was pending at the end of each connection.
          assert.equal(lost, answersUntilEnd.length);
        });
      }),
      { numRuns: 30 },
    );
  });
});

describe('Guest without reconnect', () => {
  test('rejects all calls after the end of the connection', async () => {
    await connected([leaving(), fakeGuest()], {}, async (guest) => {
      await assert.rejects(guest.call('guest-ping'), withCode('closed'));
      await assert.rejects(guest.call('guest-ping'), withCode('closed'));
    });
  });

  test('can be opened again with reopen', async () => {
    await connected([leaving(), fakeGuest()], {}, async (guest) => {
      await assert.rejects(guest.call('guest-ping'), withCode('closed'));
      await using other = await guest.reopen();
      assert.equal(await other.call('guest-sync', { id: 9 }), 9);
    });
  });

  test('cannot reopen a transport of the caller', async () => {
    const fake = fakeGuest();
    await using guest = await openGuest(fake.host);
    await assert.rejects(guest.reopen(), withCode('closed'));
    await guest.call('guest-ping');
  });
});

describe('the option reconnect', () => {
  for (const reconnect of [{ attempts: 0 }, { attempts: 1.5 }, { attempts: Number.NaN }, { delay: 'soon' }]) {
    test(`rejects ${JSON.stringify(reconnect)}`, async () => {
      await assert.rejects(connect('unix:/nowhere', { reconnect }), TypeError);
    });
  }
});
