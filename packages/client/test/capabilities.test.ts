import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isGuestError, openGuest } from '@guestwire/client';
import { CommandError } from '@guestwire/protocol';
import {
  dropReply,
  type FakeHandlers,
  failWith,
  fakeGuest,
  manualClock,
  uncheckedResult,
  when,
} from '@guestwire/testing';

/** Has a guest say this of itself. */
function info(version: string, ...supported: readonly unknown[]) {
  return () => uncheckedResult({ version, supported_commands: supported });
}

describe('the capabilities of a guest', () => {
  test('are what its agent says of itself', async () => {
    const fake = fakeGuest({
      'guest-info': info(
        '10.0.2',
        { name: 'guest-ping', enabled: true, 'success-response': true },
        { name: 'guest-exec', enabled: false, 'success-response': true },
        { name: 'guest-shutdown', enabled: true, 'success-response': false },
      ),
    });
    await using guest = await openGuest(fake.host);
    const { version, commands, has } = await guest.capabilities();
    assert.equal(version, '10.0.2');
    assert.deepEqual(Object.fromEntries(commands), {
      'guest-ping': { enabled: true, successResponse: true },
      'guest-exec': { enabled: false, successResponse: true },
      'guest-shutdown': { enabled: true, successResponse: false },
    });
    assert.equal(has('guest-ping'), true);
    assert.equal(has('guest-exec'), false, 'disabled');
    assert.equal(has('guest-get-load'), false, 'absent');
    assert.equal(has('constructor'), false);
  });

  test('are asked for once in a connection', async () => {
    const fake = fakeGuest({ 'guest-info': info('10.0.2') });
    await using guest = await openGuest(fake.host);
    await guest.capabilities();
    await guest.capabilities();
    assert.equal(fake.commands.filter((name) => name === 'guest-info').length, 1);
  });

  test('are asked for again after a failure', async () => {
    let tries = 0;
    const fake = fakeGuest({
      'guest-info': () => {
        if (++tries === 1) throw new CommandError('not now');
        return info('10.0.2')();
      },
    });
    await using guest = await openGuest(fake.host);
    await assert.rejects(guest.capabilities(), (error) => isGuestError(error, 'command'));
    assert.equal((await guest.capabilities()).version, '10.0.2');
  });

  test('of an agent before 1.7 do not tell which commands answer', async () => {
    const fake = fakeGuest({ 'guest-info': info('1.5.3', { name: 'guest-ping', enabled: true }) });
    await using guest = await openGuest(fake.host);
    assert.deepEqual((await guest.capabilities()).commands.get('guest-ping'), {
      enabled: true,
      successResponse: undefined,
    });
  });

  test('of an agent before 1.1, which lists none, are the commands of its time', async () => {
    const fake = fakeGuest({ 'guest-info': () => uncheckedResult({ version: '1.0' }) });
    await using guest = await openGuest(fake.host);
    const { has } = await guest.capabilities();
    assert.equal(has('guest-file-open'), true);
    assert.equal(has('guest-suspend-ram'), false);
    assert.equal(has('guest-exec'), false);
  });

  const untrue: readonly [what: string, answer: unknown][] = [
    ['no object', 'x'],
    ['no version', { supported_commands: [] }],
    ['a version that is no text', { version: 10, supported_commands: [] }],
    ['commands that are no list', { version: '1', supported_commands: {} }],
    ['a command that is no object', { version: '1', supported_commands: ['guest-ping'] }],
    ['a command without a name', { version: '1', supported_commands: [{ enabled: true }] }],
    ['a command that is half enabled', { version: '1', supported_commands: [{ name: 'x', enabled: 1 }] }],
  ];
  for (const [what, answer] of untrue) {
    test(`are refused if the guest sends ${what}`, async () => {
      const fake = fakeGuest({ 'guest-info': () => uncheckedResult(answer) });
      await using guest = await openGuest(fake.host);
      await assert.rejects(guest.capabilities(), (error) => isGuestError(error, 'protocol'));
      await guest.call('guest-ping');
    });
  }
});

describe('a command that the agent does not have', () => {
  const unsupported = async (name: string, handlers: FakeHandlers): Promise<string> => {
    const fake = fakeGuest(handlers, { version: '7.2' });
    await using guest = await openGuest(fake.host);
    let message = '';
    await assert.rejects(guest.callRaw(name), (error) => {
      assert.ok(isGuestError(error, 'unsupported'), String(error));
      assert.equal(error.command, name);
      message = error.message;
      return true;
    });
    await guest.call('guest-ping');
    return message;
  };

  test('is named with the release that brought it', async () => {
    assert.equal(
      await unsupported('guest-get-load', { 'guest-info': info('7.2.22') }),
      'guest-get-load: the agent (version 7.2.22) does not have this command; it came with QEMU 10.0',
    );
  });

  test('is named so through the typed call, with what the guest said', async () => {
    const fake = fakeGuest({}, { version: '7.2' });
    await using guest = await openGuest(fake.host);
    await assert.rejects(guest.call('guest-get-load'), (error) => {
      assert.ok(isGuestError(error, 'unsupported'));
      assert.match(error.message, /version 7\.2.*QEMU 10\.0/);
      assert.equal(error.class, 'CommandNotFound');
      assert.equal(error.desc, 'The command guest-get-load has not been found');
      return true;
    });
  });

  test('although its release is young enough is said to be missing there', async () => {
    const notBuiltIn = (): never => {
      throw new CommandError('this feature or command is not currently supported');
    };
    assert.equal(
      await unsupported('guest-suspend-disk', {
        'guest-info': info('8.2.2'),
        'guest-suspend-disk': notBuiltIn,
      }),
      "guest-suspend-disk: the agent (version 8.2.2) does not have this command, although it came with QEMU 1.1: not on the guest's system, or not in this build",
    );
  });

  test('nor the contract is just said to be missing', async () => {
    assert.equal(
      await unsupported('guest-make-coffee', { 'guest-info': info('10.0.2') }),
      'guest-make-coffee: the agent (version 10.0.2) does not have this command',
    );
  });

  test('is named also if the agent tells nothing of itself', async () => {
    assert.equal(
      await unsupported('guest-get-load', { 'guest-info': failWith('not now') }),
      'guest-get-load: the agent does not have this command; it came with QEMU 10.0',
    );
  });

  test('is asked of the agent itself each time, since that may have been exchanged meanwhile', async () => {
    let old = true;
    const fake = fakeGuest({
      'guest-info': info('7.2.22'),
      'guest-get-load': () => {
        if (old) throw CommandError.commandNotFound('guest-get-load');
        return { load1m: 1, load5m: 1, load15m: 1 };
      },
    });
    await using guest = await openGuest(fake.host);
    await assert.rejects(guest.call('guest-get-load'), (error) => isGuestError(error, 'unsupported'));
    old = false;
    assert.equal((await guest.call('guest-get-load')).load1m, 1);
  });

  test('does not make its caller wait longer than he asked for', async () => {
    const clock = manualClock();
    const fake = fakeGuest({}, { version: '7.2', clock, faults: [when('guest-info', dropReply())] });
    await using guest = await openGuest(fake.host, { clock });
    const call = guest.callRaw('guest-get-load', undefined, { timeout: 1000 });
    await assert.rejects(clock.runUntil(call), (error) => isGuestError(error, 'unsupported'));
    assert.equal(clock.now(), 1000);
  });
});
