import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTick } from 'node:timers/promises';
import { type Guest, GuestError, type GuestErrorCode, isGuestError, openGuest } from '@guestwire/client';
import { Base64Data, CommandError, Double, WireObject } from '@guestwire/protocol';
import {
  delayReply,
  type FakeGuest,
  type FakeHandlers,
  fakeGuest,
  fragmentReply,
  manualClock,
  noReply,
  resendReply,
  uncheckedResult,
  when,
} from '@guestwire/testing';

async function opened(handlers: FakeHandlers): Promise<[Guest, FakeGuest]> {
  const fake = fakeGuest(handlers);
  return [await openGuest(fake.host), fake];
}

function withCode(code: GuestErrorCode) {
  return (error: unknown): boolean => isGuestError(error, code);
}

describe('Guest.call', () => {
  test('returns values with the types of the contract', async () => {
    const [guest] = await opened({
      'guest-info': () => ({
        version: '10.0.0',
        supported_commands: [{ name: 'guest-ping', enabled: true, 'success-response': true }],
      }),
    });
    const { version, supported_commands: known } = await guest.call('guest-info');
    assert.equal(version, '10.0.0');
    assert.deepEqual(known, [{ name: 'guest-ping', enabled: true, 'success-response': true }]);
  });

  test('sends arguments and base64 data', async () => {
    let got: WireObject | undefined;
    const [guest] = await opened({
      'guest-file-write': (_args, request) => {
        got = request.args;
        return { count: 5, eof: false };
      },
    });
    const data = Base64Data.fromBytes(Buffer.from('hello'));
    const { count } = await guest.call('guest-file-write', { handle: 1000, 'buf-b64': data });
    assert.equal(count, 5);
    assert.deepEqual(
      [...(got ?? [])],
      [
        ['handle', 1000],
        ['buf-b64', 'aGVsbG8='],
      ],
    );
  });

  test('returns base64 data as bytes', async () => {
    const fake = fakeGuest(
      {
        'guest-file-read': () => ({
          count: 3,
          'buf-b64': Base64Data.fromBytes(Buffer.from('abc')),
          eof: true,
        }),
      },
      { faults: [fragmentReply(1)] },
    );
    await using guest = await openGuest(fake.host);
    const read = await guest.call('guest-file-read', { handle: 1000, count: 10 });
    assert.equal(read['buf-b64'].decode().toString(), 'abc');
  });

  test('keeps 64-bit integers exact in both directions', async () => {
    const [guest] = await opened({});
    assert.equal(await guest.call('guest-sync', { id: 9223372036854775807n }), 9223372036854775807n);
    assert.equal(await guest.call('guest-sync', { id: 2 ** 53 - 1 }), 2 ** 53 - 1);
  });

  test('drops unexpected members', async () => {
    const [guest] = await opened({
      'guest-file-write': () => uncheckedResult({ count: 0, eof: false, news: 1 }),
    });
    const written = await guest.call('guest-file-write', { handle: 1, 'buf-b64': Base64Data.fromText('') });
    assert.deepEqual(written, { count: 0, eof: false });
  });

  test('callRaw returns raw values for a command outside the contract', async () => {
    const [guest] = await opened({ 'guest-get-load': () => uncheckedResult({ load1m: new Double(0.5) }) });
    const value = await guest.callRaw('guest-get-load');
    assert.ok(value instanceof WireObject);
    assert.deepEqual(value.get('load1m'), new Double(0.5));
  });

  test('resolves concurrent calls in their order', async () => {
    const [guest, fake] = await opened({ 'guest-file-close': () => undefined });
    const order: string[] = [];
    await Promise.all([
      guest.call('guest-sync', { id: 1 }).then((id) => order.push(`sync ${id}`)),
      guest.call('guest-ping').then(() => order.push('ping')),
      guest.call('guest-file-close', { handle: 1 }).then(() => order.push('close')),
      guest.call('guest-sync', { id: 2 }).then((id) => order.push(`sync ${id}`)),
    ]);
    assert.deepEqual(order, ['sync 1', 'ping', 'close', 'sync 2']);
    assert.deepEqual(fake.commands.slice(1), ['guest-sync', 'guest-ping', 'guest-file-close', 'guest-sync']);
  });
});

describe('Guest.call with an agent that echoes ids', () => {
  const saying = async (before: string): Promise<Guest> => {
    const [guest, fake] = await opened({
      'guest-file-open': () => {
        void fake.send(before);
        return 1000;
      },
    });
    return guest;
  };

  const foreign = [
    ['a reply to another request', '{"return": 7, "id": 1}\n'],
    ['a reply to a request without an id', '{"return": 7}\n'],
    ['an error reply to another request', '{"id": "x", "error": {"class": "GenericError", "desc": "no"}}\n'],
  ] as const;
  for (const [what, bytes] of foreign) {
    test(`ignores ${what}`, async () => {
      const guest = await saying(bytes);
      assert.equal(await guest.call('guest-file-open', { path: '/x' }), 1000);
      assert.equal(await guest.call('guest-sync', { id: 5 }), 5);
    });
  }

  test('rejects with protocol on an error reply without an id', async () => {
    const guest = await saying(
      '{"error": {"class": "GenericError", "desc": "JSON token size limit exceeded"}}\n',
    );
    await assert.rejects(guest.call('guest-file-open', { path: '/x' }), (error) => {
      assert.ok(isGuestError(error, 'protocol'));
      assert.equal(error.desc, 'JSON token size limit exceeded');
      return true;
    });
    assert.equal(await guest.call('guest-sync', { id: 5 }), 5);
  });

  test('ignores a duplicate reply', async () => {
    const fake = fakeGuest({}, { faults: [resendReply()] });
    await using guest = await openGuest(fake.host);
    for (let id = 0; id < 5; id++) assert.equal(await guest.call('guest-sync', { id }), id);
  });
});

describe('GuestError', () => {
  const cases: readonly [what: string, error: CommandError, code: GuestErrorCode][] = [
    ['an unknown command', CommandError.commandNotFound('guest-ping'), 'unsupported'],
    ['a disabled command', CommandError.commandDisabled('guest-ping'), 'disabled'],
    [
      'a disabled command of release 7.2',
      new CommandError('Command guest-ping has been disabled', { class: 'CommandNotFound' }),
      'disabled',
    ],
    [
      'a disabled command of release 2.0',
      new CommandError('The command guest-ping has been disabled for this instance'),
      'disabled',
    ],
    [
      'a command that was not built in',
      new CommandError('this feature or command is not currently supported'),
      'unsupported',
    ],
    ['a failure', new CommandError("handle '7' has not been found"), 'command'],
  ];
  for (const [what, error, code] of cases) {
    test(`has the code ${code} for ${what}, and the guest's class and text`, async () => {
      const [guest] = await opened({
        'guest-ping': () => {
          throw error;
        },
      });
      await assert.rejects(guest.call('guest-ping'), (caught) => {
        assert.ok(caught instanceof GuestError);
        assert.equal(caught.code, code);
        assert.equal(caught.command, 'guest-ping');
        assert.equal(caught.class, error.class);
        assert.equal(caught.desc, error.desc);
        return true;
      });
      assert.equal(await guest.call('guest-sync', { id: 3 }), 3);
    });
  }
});

describe('Guest.call with a faulty guest', () => {
  test('rejects a return value of the wrong type', async () => {
    const [guest] = await opened({ 'guest-file-open': () => uncheckedResult('x') });
    await assert.rejects(guest.call('guest-file-open', { path: '/x' }), withCode('protocol'));
    await guest.call('guest-ping');
  });

  test('rejects a message that is not a reply, and synchronizes for the next call', async () => {
    const [guest, fake] = await opened({
      'guest-fsfreeze-status': () => {
        void fake.send('{"returns": "thawed"}\n');
        return 'thawed';
      },
    });
    await assert.rejects(guest.call('guest-fsfreeze-status'), withCode('protocol'));
    assert.equal(await guest.call('guest-sync', { id: 5 }), 5);
  });

  test('ignores unsolicited messages', async () => {
    const [guest, fake] = await opened({});
    for (let i = 0; i < 10_000; i++) await fake.send(`{"return": ${i}}\n`);
    await nextTick();
    assert.equal(await guest.call('guest-sync', { id: -1 }), -1);
    assert.deepEqual(fake.commands.slice(-2), ['guest-sync-delimited', 'guest-sync']);
  });

  test('rejects an endless line before it fills the memory', async () => {
    const [guest, fake] = await opened({
      'guest-ping': () => {
        void fake.send('{"return": "');
        const much = 'A'.repeat(2 ** 20);
        for (let i = 0; i < 100; i++) void fake.send(much);
        return noReply;
      },
    });
    await assert.rejects(guest.call('guest-ping'), withCode('protocol'));
  });
});

describe('Guest.call with a time limit or signal', () => {
  test('times out, and ignores the late reply', async () => {
    const clock = manualClock();
    const fake = fakeGuest({}, { clock, faults: [when('guest-file-open', delayReply(501))] });
    await using guest = await openGuest(fake.host, { clock });
    const opening = guest.call('guest-file-open', { path: '/slow' }, { timeout: 500 });
    const next = guest.call('guest-sync', { id: 42 });
    await assert.rejects(clock.runUntil(opening), withCode('timeout'));
    assert.equal(clock.now(), 500);
    assert.equal(await clock.runUntil(next), 42);
    assert.equal(clock.now(), 501);
  });

  test('times out in the queue without being sent', async () => {
    const clock = manualClock();
    const fake = fakeGuest({}, { clock, faults: [when('guest-fsfreeze-freeze', delayReply(50_000))] });
    await using guest = await openGuest(fake.host, { clock });
    const freezing = guest.call('guest-fsfreeze-freeze', undefined, { timeout: 60_000 });
    const closing = guest.call('guest-file-close', { handle: 1 }, { timeout: 100 });
    await assert.rejects(clock.runUntil(closing), withCode('timeout'));
    assert.equal(clock.now(), 100);
    assert.equal(await clock.runUntil(freezing), 2);
    await guest.call('guest-ping');
    assert.equal(fake.commands.includes('guest-file-close'), false);
  });

  test('waits without a limit if the timeout is Infinity', async () => {
    const [guest] = await opened({});
    await guest.call('guest-ping', undefined, { timeout: Number.POSITIVE_INFINITY });
  });

  test('rejects with aborted when its signal fires', async () => {
    const caller = new AbortController();
    const [guest] = await opened({
      'guest-fsfreeze-thaw': () => {
        caller.abort();
        return noReply;
      },
    });
    await assert.rejects(guest.call('guest-fsfreeze-thaw', undefined, { signal: caller.signal }), (error) => {
      assert.ok(isGuestError(error, 'aborted'));
      assert.equal(error.cause, caller.signal.reason);
      return true;
    });
    await guest.call('guest-ping');
  });

  test('is not sent if its signal has already fired', async () => {
    const [guest, fake] = await opened({});
    await assert.rejects(
      guest.call('guest-ping', undefined, { signal: AbortSignal.abort() }),
      withCode('aborted'),
    );
    await guest.call('guest-sync', { id: 1 });
    assert.equal(fake.commands.includes('guest-ping'), false);
  });
});

describe('Guest.call of a command without a success reply', () => {
  test('resolves on the reply to the synchronization after it', async () => {
    const [guest, fake] = await opened({ 'guest-suspend-disk': () => noReply });
    assert.equal(await guest.call('guest-suspend-disk'), undefined);
    assert.deepEqual(fake.commands.slice(-2), ['guest-suspend-disk', 'guest-sync-delimited']);
    assert.equal(await guest.call('guest-sync', { id: 9 }), 9);
  });

  test('resolves when the machine shuts down', async () => {
    const [guest, fake] = await opened({
      'guest-shutdown': async () => {
        await fake.disconnect();
        return noReply;
      },
    });
    await guest.call('guest-shutdown', { mode: 'halt' });
    await assert.rejects(guest.call('guest-ping'), withCode('closed'));
  });

  test('rejects on an error reply, and stays synchronized', async () => {
    const [guest] = await opened({
      'guest-suspend-disk': () => {
        throw new CommandError('the requested suspend mode is not supported by the guest');
      },
    });
    await assert.rejects(guest.call('guest-suspend-disk'), withCode('command'));
    assert.equal(await guest.call('guest-sync', { id: 9 }), 9);
  });

  test('also works through callRaw', async () => {
    const [guest] = await opened({ 'guest-suspend-ram': () => noReply });
    await guest.callRaw('guest-suspend-ram');
  });
});

describe('Guest after the end of its connection', () => {
  test('rejects pending and later calls with closed', async () => {
    const [guest, fake] = await opened({
      'guest-ping': async () => {
        await fake.disconnect();
        return noReply;
      },
    });
    await assert.rejects(guest.call('guest-ping'), withCode('closed'));
    await assert.rejects(guest.call('guest-ping'), withCode('closed'));
  });

  test('is closed at the end of its scope', async () => {
    const fake = fakeGuest();
    let guest: Guest | undefined;
    {
      await using scoped = await openGuest(fake.host);
      guest = scoped;
    }
    await assert.rejects(guest.call('guest-ping'), withCode('closed'));
  });
});
