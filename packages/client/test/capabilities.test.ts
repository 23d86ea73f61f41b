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

/** Returns a handler of `guest-info` with this report. */
function info(version: string, ...supported: readonly unknown[]) {
  return () => uncheckedResult({ version, supported_commands: supported });
}

describe('Guest.capabilities', () => {
  test("returns the agent's version and commands", async () => {
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

  test('asks the agent once per connection', async () => {
    const fake = fakeGuest({ 'guest-info': info('10.0.2') });
    await using guest = await openGuest(fake.host);
    await guest.capabilities();
    await guest.capabilities();
    assert.equal(fake.commands.filter((name) => name === 'guest-info').length, 1);
  });

  test('asks again after a failure', async () => {
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

  test('leaves successResponse undefined for agents before 1.7', async () => {
    const fake = fakeGuest({ 'guest-info': info('1.5.3', { name: 'guest-ping', enabled: true }) });
    await using guest = await openGuest(fake.host);
    assert.deepEqual((await guest.capabilities()).commands.get('guest-ping'), {
      enabled: true,
      successResponse: undefined,
    });
  });

  test('derives the commands of agents before 1.1 from their version', async () => {
    const fake = fakeGuest({ 'guest-info': () => uncheckedResult({ version: '1.0' }) });
    await using guest = await openGuest(fake.host);
    const { has } = await guest.capabilities();
    assert.equal(has('guest-file-open'), true);
    assert.equal(has('guest-suspend-ram'), false);
    assert.equal(has('guest-exec'), false);
  });

  const untrue: readonly [what: string, answer: unknown][] = [
    ['no members', 'x'],
    ['no version', { supported_commands: [] }],
    ['a version that is not text', { version: 10, supported_commands: [] }],
    ['commands that are not a list', { version: '1', supported_commands: {} }],
    ['a command that is not an object', { version: '1', supported_commands: ['guest-ping'] }],
    ['a command without a name', { version: '1', supported_commands: [{ enabled: true }] }],
    [
      'an enabled flag that is not a boolean',
      { version: '1', supported_commands: [{ name: 'x', enabled: 1 }] },
    ],
  ];
  for (const [what, answer] of untrue) {
    test(`rejects a report with ${what}`, async () => {
      const fake = fakeGuest({ 'guest-info': () => uncheckedResult(answer) });
      await using guest = await openGuest(fake.host);
      await assert.rejects(guest.capabilities(), (error) => isGuestError(error, 'protocol'));
      await guest.call('guest-ping');
    });
  }
});

describe('the error for a missing command', () => {
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

  test('names the release that introduced it', async () => {
    assert.equal(
      await unsupported('guest-get-load', { 'guest-info': info('7.2.22') }),
      'guest-get-load: the agent (version 7.2.22) does not have this command; it came with QEMU 10.0',
    );
  });

  test("keeps the guest's class and text in a typed call", async () => {
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

  test('says that a newer agent should have it', async () => {
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

  test('names no release if the contract does not have the command', async () => {
    assert.equal(
      await unsupported('guest-make-coffee', { 'guest-info': info('10.0.2') }),
      'guest-make-coffee: the agent (version 10.0.2) does not have this command',
    );
  });

  test('omits the version if the agent does not report it', async () => {
    assert.equal(
      await unsupported('guest-get-load', { 'guest-info': failWith('not now') }),
      'guest-get-load: the agent does not have this command; it came with QEMU 10.0',
    );
  });

  test('asks for the version each time, since the agent may have been replaced', async () => {
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

  test("does not exceed the call's time limit", async () => {
    const clock = manualClock();
    const fake = fakeGuest({}, { version: '7.2', clock, faults: [when('guest-info', dropReply())] });
    await using guest = await openGuest(fake.host, { clock });
    const call = guest.callRaw('guest-get-load', undefined, { timeout: 1000 });
    await assert.rejects(clock.runUntil(call), (error) => isGuestError(error, 'unsupported'));
    assert.equal(clock.now(), 1000);
  });
});
