import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { connect, isGuestError, memoryTransports, openGuest } from '@guestwire/client';
import { CommandError } from '@guestwire/protocol';
import { REGISTRATION_ORDER } from '@guestwire/protocol/contract';
import { failWith, fakeGuest, noReply, sequence, uncheckedResult } from '@guestwire/testing';
import { rawHost, settled } from './support/raw-host.js';

const folder = mkdtempSync(join(tmpdir(), 'guestwire-testing-'));
after(() => rmSync(folder, { recursive: true }));

const PING = '{"execute":"guest-ping"}\n';
const PONG = '{"return": {}}\n';

describe('a handler of a fake guest', () => {
  test('has the argument and result types of the schema', async () => {
    const fake = fakeGuest({
      'guest-file-open': ({ path, mode }) => (path === '/x' && mode === 'w' ? 7 : 8),
    });
    await using guest = await openGuest(fake.host);
    assert.equal(await guest.call('guest-file-open', { path: '/x', mode: 'w' }), 7);
    assert.equal(await guest.call('guest-file-open', { path: '/y' }), 8);
  });

  test('is not called with arguments that the schema does not allow', async () => {
    const host = rawHost(fakeGuest().host);
    await host.send('{"execute":"guest-file-open"}{"execute":"guest-ping","arguments":{"a":1}}');
    assert.equal(
      await host.received(),
      '{"error": {"class": "GenericError", "desc": "Parameter \'path\' is missing"}}\n' +
        '{"error": {"class": "GenericError", "desc": "Parameter \'a\' is unexpected"}}\n',
    );
  });

  test('may implement a command that the schema does not have', async () => {
    const fake = fakeGuest({ 'x-echo': (_args, { args }) => ({ echo: args.get('text') }) });
    const host = rawHost(fake.host);
    await host.send('{"execute":"x-echo","arguments":{"text":"a"},"id":3}');
    assert.equal(await host.received(), '{"return": {"echo": "a"}, "id": 3}\n');
  });

  test('fails with the text and class of the CommandError that it throws', async () => {
    const fake = fakeGuest({
      'guest-ping': () => {
        throw new CommandError('no');
      },
      'guest-get-load': failWith('gone', { class: 'CommandNotFound' }),
    });
    const host = rawHost(fake.host);
    await host.send('{"execute":"guest-ping","id":"a"}{"execute":"guest-get-load"}');
    assert.equal(
      await host.received(),
      '{"id": "a", "error": {"class": "GenericError", "desc": "no"}}\n' +
        '{"error": {"class": "CommandNotFound", "desc": "gone"}}\n',
    );
  });

  test('made by sequence runs its handlers in order and then repeats the last one', async () => {
    const fake = fakeGuest({
      'guest-file-open': sequence(
        () => 1,
        failWith('busy'),
        () => 3,
      ),
    });
    await using guest = await openGuest(fake.host);
    const open = (): Promise<unknown> => guest.call('guest-file-open', { path: '/x' });
    assert.equal(await open(), 1);
    await assert.rejects(open(), (error) => isGuestError(error, 'command') && error.desc === 'busy');
    assert.equal(await open(), 3);
    assert.equal(await open(), 3);
  });

  test('sends nothing for noReply, and any value for uncheckedResult', async () => {
    const fake = fakeGuest({
      'guest-ping': () => noReply,
      'guest-file-open': () => uncheckedResult('seven'),
    });
    const host = rawHost(fake.host);
    await host.send(PING);
    assert.equal(await host.received(), '');
    await host.send('{"execute":"guest-file-open","arguments":{"path":"/x"}}');
    assert.equal(await host.received(), '{"return": "seven"}\n');
  });

  test('receives the 1-based index of the request', async () => {
    const fake = fakeGuest({ 'guest-file-open': (_args, { nth }) => nth });
    await using guest = await openGuest(fake.host);
    assert.equal(await guest.call('guest-file-open', { path: '/x' }), 1);
    assert.equal(await guest.call('guest-file-open', { path: '/x' }), 2);
  });
});

describe('a command without a handler', () => {
  test('has a result that the schema allows', async () => {
    await using guest = await openGuest(fakeGuest().host);
    for (const name of REGISTRATION_ORDER) {
      switch (name) {
        case 'guest-sync':
        case 'guest-sync-delimited':
          assert.equal(await guest.call(name, { id: 5 }), 5);
          break;
        case 'guest-file-open':
          assert.equal(await guest.call(name, { path: '/x' }), 1000);
          break;
        case 'guest-file-close':
        case 'guest-file-flush':
        case 'guest-file-read':
          await guest.call(name, { handle: 1000 });
          break;
        case 'guest-file-write':
          await guest.callRaw(name, { handle: 1000, 'buf-b64': 'YWJj' });
          break;
        case 'guest-file-seek':
          assert.deepEqual(await guest.call(name, { handle: 1000, offset: 3, whence: 0 }), {
            position: 3,
            eof: false,
          });
          break;
        case 'guest-set-vcpus':
          await guest.call(name, { vcpus: [] });
          break;
        case 'guest-set-memory-blocks':
          await guest.call(name, { 'mem-blks': [] });
          break;
        case 'guest-set-user-password':
          await guest.callRaw(name, { username: 'a', password: '', crypted: false });
          break;
        case 'guest-exec':
          await guest.call(name, { path: '/bin/true' });
          break;
        case 'guest-exec-status':
          assert.equal((await guest.call(name, { pid: 4711 })).exited, true);
          break;
        case 'guest-ssh-get-authorized-keys':
          await guest.call(name, { username: 'a' });
          break;
        case 'guest-ssh-add-authorized-keys':
        case 'guest-ssh-remove-authorized-keys':
          await guest.call(name, { username: 'a', keys: [] });
          break;
        default:
          await guest.call(name);
      }
      if (name.startsWith('guest-fsfreeze-freeze')) await guest.call('guest-fsfreeze-thaw');
    }
  });

  test('fails in a frozen guest unless an agent allows it while frozen', async () => {
    await using guest = await openGuest(fakeGuest().host);
    assert.equal(await guest.call('guest-fsfreeze-freeze'), 2);
    assert.equal(await guest.call('guest-fsfreeze-status'), 'frozen');
    await assert.rejects(guest.call('guest-get-time'), (error) => isGuestError(error, 'disabled'));
    const { supported_commands: known } = await guest.call('guest-info');
    assert.equal(known.find(({ name }) => name === 'guest-get-time')?.enabled, false);
    assert.equal(await guest.call('guest-fsfreeze-thaw'), 2);
    assert.equal(await guest.call('guest-fsfreeze-thaw'), 0);
    await guest.call('guest-get-time');
  });

  test('ends the connection of a strict guest and calls onError', async () => {
    const errors: unknown[] = [];
    const fake = fakeGuest(
      { 'guest-ping': () => {} },
      { strict: true, onError: (error) => errors.push(error) },
    );
    await using guest = await openGuest(fake.host);
    await guest.call('guest-ping');
    await assert.rejects(guest.call('guest-get-time'), (error) => isGuestError(error, 'closed'));
    assert.match(String(errors), /unexpected command guest-get-time/);
  });

  test('an exception in a handler ends the connection and calls onError', async () => {
    const exception = new RangeError('x');
    const errors: unknown[] = [];
    const fake = fakeGuest(
      {
        'guest-ping': () => {
          throw exception;
        },
      },
      { onError: (error) => errors.push(error) },
    );
    await using guest = await openGuest(fake.host);
    await assert.rejects(guest.call('guest-ping'), (error) => isGuestError(error, 'closed'));
    assert.deepEqual(errors, [exception]);
  });
});

describe('a fake guest', () => {
  test('completes the half request of one host with bytes of the next', async () => {
    const fake = fakeGuest();
    const first = rawHost(fake.connect());
    await first.send(PING + PING.slice(0, 10));
    assert.equal(await first.received(), PONG);
    await first.close();
    const second = rawHost(fake.connect());
    await second.send(PING.slice(10));
    assert.equal(await second.received(), PONG);
  });

  test('serves a second host after the first has disconnected', async () => {
    const fake = fakeGuest();
    const first = rawHost(fake.connect());
    await first.send(PING);
    const second = rawHost(fake.connect());
    const sent = second.send(PING);
    assert.equal(await second.received(), '');
    await first.close();
    await sent;
    assert.equal(await second.received(), PONG);
  });

  test('sends bytes to the next host if none is connected', async () => {
    const fake = fakeGuest();
    const sent = fake.send('\xff{"return": 7}\n');
    const host = rawHost(fake.host);
    await sent;
    assert.equal(await host.received(), '\xff{"return": 7}\n');
  });

  test('keeps a reply that a host did not receive only with keepReplies', async () => {
    for (const keepReplies of [false, true]) {
      const fake = fakeGuest({}, { keepReplies });
      const first = fake.connect();
      await first.write(Buffer.from(PING));
      await settled();
      await first[Symbol.asyncDispose]();
      const second = rawHost(fake.connect());
      assert.equal(await second.received(), keepReplies ? PONG : '');
    }
  });

  test('disconnect ends the connection of the host', async () => {
    const fake = fakeGuest();
    const host = rawHost(fake.host);
    await host.send(PING);
    await fake.disconnect();
    await host.closed;
    assert.deepEqual(fake.commands, ['guest-ping']);
  });

  test('serves a transport that the test has created', async () => {
    const [hostEnd, guestEnd] = memoryTransports();
    const served = fakeGuest().serve(guestEnd);
    const host = rawHost(hostEnd);
    await host.send(PING);
    assert.equal(await host.received(), PONG);
    await host.close();
    await served;
  });

  test('serves hosts on a unix socket one after the other', async () => {
    await using fake = fakeGuest();
    const { target } = await fake.listen(join(folder, 'one.sock'));
    {
      await using guest = await connect(target);
      await guest.call('guest-ping');
    }
    await using guest = await connect(target);
    assert.equal(await guest.call('guest-sync', { id: 1 }), 1);
  });

  test('ends connections and stops listening when it is disposed of', async () => {
    const fake = fakeGuest();
    const { target } = await fake.listen(join(folder, 'gone.sock'));
    await using guest = await connect(target);
    await fake[Symbol.asyncDispose]();
    await assert.rejects(guest.call('guest-ping'), (error) => isGuestError(error, 'closed'));
    await assert.rejects(connect(target), (error) => isGuestError(error, 'closed'));
  });
});
