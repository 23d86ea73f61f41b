import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { connect, isGuestError, memoryTransports, openGuest } from '@guestwire/client';
import { CommandError, registrationOrder } from '@guestwire/protocol';
import { failing, fakeGuest, inTurn, silence, unchecked } from '@guestwire/testing';
import { rawHost, settled } from './support/raw-host.js';

const folder = mkdtempSync(join(tmpdir(), 'guestwire-testing-'));
after(() => rmSync(folder, { recursive: true }));

const PING = '{"execute":"guest-ping"}\n';
const PONG = '{"return": {}}\n';

describe('a handler', () => {
  test('gets arguments of the type in the contract, and returns a result of it', async () => {
    const fake = fakeGuest({
      'guest-file-open': ({ path, mode }) => (path === '/x' && mode === 'w' ? 7 : 8),
    });
    await using guest = await openGuest(fake.host);
    assert.equal(await guest.call('guest-file-open', { path: '/x', mode: 'w' }), 7);
    assert.equal(await guest.call('guest-file-open', { path: '/y' }), 8);
  });

  test('gets arguments only if they are as the contract says', async () => {
    const host = rawHost(fakeGuest().host);
    await host.say('{"execute":"guest-file-open"}{"execute":"guest-ping","arguments":{"a":1}}');
    assert.equal(
      await host.heard(),
      '{"error": {"class": "GenericError", "desc": "Parameter \'path\' is missing"}}\n' +
        '{"error": {"class": "GenericError", "desc": "Parameter \'a\' is unexpected"}}\n',
    );
  });

  test('may answer a command that no contract has', async () => {
    const fake = fakeGuest({ 'x-echo': (_args, { args }) => ({ echo: args.get('text') }) });
    const host = rawHost(fake.host);
    await host.say('{"execute":"x-echo","arguments":{"text":"a"},"id":3}');
    assert.equal(await host.heard(), '{"return": {"echo": "a"}, "id": 3}\n');
  });

  test('fails with the text that it throws', async () => {
    const fake = fakeGuest({
      'guest-ping': () => {
        throw new CommandError('no');
      },
      'guest-get-load': failing('gone', { class: 'CommandNotFound' }),
    });
    const host = rawHost(fake.host);
    await host.say('{"execute":"guest-ping","id":"a"}{"execute":"guest-get-load"}');
    assert.equal(
      await host.heard(),
      '{"id": "a", "error": {"class": "GenericError", "desc": "no"}}\n' +
        '{"error": {"class": "CommandNotFound", "desc": "gone"}}\n',
    );
  });

  test('gives different answers in turn, and then the last of them', async () => {
    const fake = fakeGuest({
      'guest-file-open': inTurn(
        () => 1,
        failing('busy'),
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

  test('may say nothing, or what is not allowed', async () => {
    const fake = fakeGuest({ 'guest-ping': () => silence, 'guest-file-open': () => unchecked('seven') });
    const host = rawHost(fake.host);
    await host.say(PING);
    assert.equal(await host.heard(), '');
    await host.say('{"execute":"guest-file-open","arguments":{"path":"/x"}}');
    assert.equal(await host.heard(), '{"return": "seven"}\n');
  });

  test('is told how often the command was asked for', async () => {
    const fake = fakeGuest({ 'guest-file-open': (_args, { nth }) => nth });
    await using guest = await openGuest(fake.host);
    assert.equal(await guest.call('guest-file-open', { path: '/x' }), 1);
    assert.equal(await guest.call('guest-file-open', { path: '/x' }), 2);
  });
});

describe('without a handler', () => {
  test('every command of the contract has an answer that the contract allows', async () => {
    await using guest = await openGuest(fakeGuest().host);
    for (const name of registrationOrder) {
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

  test('a frozen guest says so, and allows what a frozen agent allows', async () => {
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

  test('a strict guest takes the command for a mistake: the connection ends, and somebody is told', async () => {
    const problems: unknown[] = [];
    const fake = fakeGuest(
      { 'guest-ping': () => {} },
      { strict: true, onProblem: (error) => problems.push(error) },
    );
    await using guest = await openGuest(fake.host);
    await guest.call('guest-ping');
    await assert.rejects(guest.call('guest-get-time'), (error) => isGuestError(error, 'closed'));
    assert.match(String(problems), /asked for guest-get-time, which this fake guest does not expect/);
  });

  test('a mistake in a handler ends the connection, and somebody is told', async () => {
    const mistake = new RangeError('a mistake of the test');
    const problems: unknown[] = [];
    const fake = fakeGuest(
      {
        'guest-ping': () => {
          throw mistake;
        },
      },
      { onProblem: (error) => problems.push(error) },
    );
    await using guest = await openGuest(fake.host);
    await assert.rejects(guest.call('guest-ping'), (error) => isGuestError(error, 'closed'));
    assert.deepEqual(problems, [mistake]);
  });
});

describe('hosts', () => {
  test('come and go, and one continues the half request of another', async () => {
    const fake = fakeGuest();
    const first = rawHost(fake.connect());
    await first.say(PING + PING.slice(0, 10));
    assert.equal(await first.heard(), PONG);
    await first.leave();
    const second = rawHost(fake.connect());
    await second.say(PING.slice(10));
    assert.equal(await second.heard(), PONG);
  });

  test('that come while another is served wait for it', async () => {
    const fake = fakeGuest();
    const first = rawHost(fake.connect());
    await first.say(PING);
    const second = rawHost(fake.connect());
    const asked = second.say(PING);
    assert.equal(await second.heard(), '');
    await first.leave();
    await asked;
    assert.equal(await second.heard(), PONG);
  });

  test('hear what the guest had to say before they came', async () => {
    const fake = fakeGuest();
    const said = fake.say('\xff{"return": 7}\n');
    const host = rawHost(fake.host);
    await said;
    assert.equal(await host.heard(), '\xff{"return": 7}\n');
  });

  test('do not hear what was meant for another, unless the guest keeps it', async () => {
    for (const keepsReplies of [false, true]) {
      const fake = fakeGuest({}, { keepsReplies });
      const first = fake.connect();
      await first.write(Buffer.from(PING));
      await settled();
      await first[Symbol.asyncDispose]();
      const second = rawHost(fake.connect());
      assert.equal(await second.heard(), keepsReplies ? PONG : '');
    }
  });

  test('are told when the guest hangs up', async () => {
    const fake = fakeGuest();
    const host = rawHost(fake.host);
    await host.say(PING);
    await fake.hangUp();
    await host.over;
    assert.deepEqual(fake.commands, ['guest-ping']);
  });

  test('may come through a connection that the test has made', async () => {
    const [hostEnd, guestEnd] = memoryTransports();
    const served = fakeGuest().serve(guestEnd);
    const host = rawHost(hostEnd);
    await host.say(PING);
    assert.equal(await host.heard(), PONG);
    await host.leave();
    await served;
  });

  test('come through a unix socket, one after the other', async () => {
    await using fake = fakeGuest();
    const { target } = await fake.listen(join(folder, 'one.sock'));
    {
      await using guest = await connect(target);
      await guest.call('guest-ping');
    }
    await using guest = await connect(target);
    assert.equal(await guest.call('guest-sync', { id: 1 }), 1);
  });

  test('are all sent away when the guest goes', async () => {
    const fake = fakeGuest();
    const { target } = await fake.listen(join(folder, 'gone.sock'));
    await using guest = await connect(target);
    await fake[Symbol.asyncDispose]();
    await assert.rejects(guest.call('guest-ping'), (error) => isGuestError(error, 'closed'));
    await assert.rejects(connect(target), (error) => isGuestError(error, 'closed'));
  });
});
