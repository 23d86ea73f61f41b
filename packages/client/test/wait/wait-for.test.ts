import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Guest, isGuestError, openGuest } from '@guestwire/client';
import {
  dropReply,
  type FakeGuest,
  type FakeGuestOptions,
  type FakeHandlers,
  failWith,
  fakeGuest,
  type ManualClock,
  manualClock,
  sequence,
  when,
} from '@guestwire/testing';

async function scene(
  handlers: FakeHandlers = {},
  options: FakeGuestOptions = {},
): Promise<{ fake: FakeGuest; clock: ManualClock; guest: Guest }> {
  const clock = manualClock();
  const fake = fakeGuest(handlers, { clock, ...options });
  return { fake, clock, guest: await openGuest(fake.host, { clock }) };
}

function address(ip: string, family: 'ipv4' | 'ipv6' = 'ipv4') {
  return {
    'ip-address': ip,
    'ip-address-type': family,
    prefix: 24,
  };
}

describe('waitFor', () => {
  test('resolves for the agent once it answers', async () => {
    const { guest, fake, clock } = await scene();
    using _ = fake.inject(when({ command: 'guest-sync-delimited', nth: [1, 2] }, dropReply()));
    assert.equal(await clock.runUntil(guest.waitFor('agent')), undefined);
    assert.ok(clock.now() > 0);
  });

  test('resolves for a command once the agent has and allows it', async () => {
    const info = (enabled: boolean) => () => ({
      version: '10.0.0',
      supported_commands: [{ name: 'guest-exec', enabled, 'success-response': true }],
    });
    const { guest, clock } = await scene({ 'guest-info': sequence(info(false), info(false), info(true)) });
    await clock.runUntil(guest.waitFor({ command: 'guest-exec' }, { interval: '2s' }));
    assert.equal(clock.now(), 4000);
  });

  test('returns the result of a process', async () => {
    const { guest, clock } = await scene({
      'guest-exec-status': sequence<unknown, object>(
        () => ({ exited: false }),
        () => ({ exited: true, exitcode: 4 }),
      ) as never,
    });
    const { exitCode } = await clock.runUntil(guest.waitFor({ process: 4711 }));
    assert.equal(exitCode, 4);
  });

  test('rejects an unknown process at once', async () => {
    const { guest } = await scene({ 'guest-exec-status': failWith('PID ld does not exist') });
    await assert.rejects(guest.waitFor({ process: 1 }), (error) => isGuestError(error, 'command'));
  });

  test('returns the first address that is neither loopback nor link-local', async () => {
    const interfaces = [
      { name: 'lo', 'ip-addresses': [address('127.0.0.1'), address('::1', 'ipv6')] },
      { name: 'eth0', 'ip-addresses': [address('169.254.1.1'), address('fe80::1', 'ipv6')] },
      { name: 'eth1' },
      { name: 'eth2', 'ip-addresses': [address('no address'), address('2001:db8::7', 'ipv6')] },
      { name: 'eth3', 'ip-addresses': [address('192.0.2.9')] },
    ];
    const { guest, clock } = await scene({
      'guest-network-get-interfaces': sequence<unknown, object[]>(
        () => interfaces.slice(0, 3),
        () => interfaces,
      ) as never,
    });
    assert.equal(await clock.runUntil(guest.waitFor({ address: true })), '2001:db8::7');
    assert.equal(await guest.waitFor({ address: 'eth3' }), '192.0.2.9');
  });

  test('returns the value of a custom condition', async () => {
    const { guest, clock } = await scene();
    let looks = 0;
    const found = await clock.runUntil(
      guest.waitFor(async (asked) => {
        assert.equal(asked, guest);
        return ++looks === 3 ? { looks } : undefined;
      }),
    );
    assert.deepEqual(found, { looks: 3 });
  });

  test('rejects with the error of a custom condition', async () => {
    const { guest } = await scene();
    await assert.rejects(
      guest.waitFor(() => Promise.reject(new Error('no'))),
      /^Error: no$/,
    );
  });

  test('times out', async () => {
    const { guest, clock } = await scene({ 'guest-network-get-interfaces': () => [] });
    await assert.rejects(clock.runUntil(guest.waitFor({ address: 'eth0' }, { timeout: 60_000 })), (error) => {
      assert.ok(isGuestError(error, 'timeout'));
      assert.match(error.message, /waiting for an address on eth0: .*60 s/);
      return true;
    });
    assert.equal(clock.now(), 60_000);
  });

  test('rejects with aborted when the signal fires', async () => {
    const { guest, clock } = await scene({ 'guest-network-get-interfaces': () => [] });
    const caller = new AbortController();
    const waiting = guest.waitFor({ address: true }, { signal: caller.signal });
    await clock.advance(5000);
    caller.abort();
    await assert.rejects(waiting, (error) => isGuestError(error, 'aborted'));
  });

  test('rejects at once what waiting cannot change', async () => {
    const { guest } = await scene({}, { version: '0.15' });
    await assert.rejects(guest.waitFor({ address: true }), (error) => isGuestError(error, 'unsupported'));
    const closed = await scene();
    await closed.fake.disconnect();
    await assert.rejects(closed.guest.waitFor('agent'), (error) => isGuestError(error, 'closed'));
  });
});
