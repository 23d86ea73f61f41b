import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ExecOptions, isGuestError, openGuest } from '@guestwire/client';
import { Base64Data } from '@guestwire/protocol';
import {
  delayReply,
  type FakeGuest,
  type FakeGuestOptions,
  type FakeHandlers,
  failWith,
  fakeGuest,
  type ManualClock,
  manualClock,
  when,
} from '@guestwire/testing';

async function scene(
  handlers: FakeHandlers,
  options: FakeGuestOptions = {},
): Promise<{ fake: FakeGuest; clock: ManualClock; guest: Awaited<ReturnType<typeof openGuest>> }> {
  const clock = manualClock();
  const fake = fakeGuest(handlers, { clock, ...options });
  return { fake, clock, guest: await openGuest(fake.host, { clock }) };
}

/** Processes of a guest, each with its duration in milliseconds unless it is killed. */
function processes(clock: () => ManualClock, lasting: readonly number[]) {
  const ends: number[] = [];
  const started: { path: string; arg: readonly string[] | undefined }[] = [];
  const handlers: FakeHandlers = {
    'guest-exec': ({ path, arg }) => {
      const pid = ends.length;
      started.push({ path, arg });
      ends.push(clock().now() + (lasting[pid] ?? 0));
      const [, , , signal, victim] = arg ?? [];
      if (signal === 'KILL') ends[Number(victim)] = clock().now();
      return { pid };
    },
    'guest-exec-status': ({ pid }) =>
      clock().now() >= (ends[Number(pid)] ?? 0) ? { exited: true, exitcode: 0 } : { exited: false },
  };
  return { handlers, started };
}

function requested(fake: FakeGuest): Record<string, unknown> {
  const request = fake.requests.find(({ name }) => name === 'guest-exec');
  return Object.fromEntries(request?.args ?? []);
}

describe('exec', () => {
  test('passes arguments, input and environment, and returns the output', async () => {
    const { fake, guest } = await scene({
      'guest-exec-status': () => ({
        exited: true,
        exitcode: 3,
        'out-data': Base64Data.fromBytes(Buffer.from('out')),
        'err-data': Base64Data.fromBytes(Buffer.from('err')),
        'out-truncated': false,
        'err-truncated': true,
      }),
    });
    const result = await guest.exec('tar', ['-x', 'a b'], { input: 'grüße', env: { A: '1', B: 'x=y' } });
    assert.deepEqual(result, {
      exitCode: 3,
      signal: undefined,
      stdout: Buffer.from('out'),
      stderr: Buffer.from('err'),
      truncated: { stdout: false, stderr: true },
    });
    assert.deepEqual(requested(fake), {
      path: 'tar',
      arg: ['-x', 'a b'],
      env: ['A=1', 'B=x=y'],
      'input-data': Buffer.from('grüße').toString('base64'),
      'capture-output': true,
    });
  });

  test('returns a signal instead of an exit status', async () => {
    const { guest } = await scene({ 'guest-exec-status': () => ({ exited: true, signal: 9 }) });
    const { exitCode, signal } = await guest.exec('x');
    assert.deepEqual([exitCode, signal], [undefined, 9]);
  });

  const output = {
    exited: true,
    exitcode: 0,
    'out-data': Base64Data.fromBytes(Buffer.from('out')),
    'err-data': Base64Data.fromBytes(Buffer.from('err')),
    'out-truncated': true,
    'err-truncated': true,
  };
  const captures: readonly [ExecOptions['capture'], wire: unknown, stdout: string, stderr: string][] = [
    ['separated', true, 'out', 'err'],
    ['stdout', true, 'out', ''],
    ['stderr', true, '', 'err'],
    ['none', undefined, '', ''],
    ['merged', 'merged', 'out', ''],
  ];
  for (const [capture, wire, stdout, stderr] of captures) {
    test(`captures ${capture} with a request that all agents support`, async () => {
      const { fake, guest } = await scene({ 'guest-exec-status': () => output });
      const result = await guest.exec('x', [], capture === undefined ? {} : { capture });
      assert.deepEqual([String(result.stdout), String(result.stderr)], [stdout, stderr]);
      assert.deepEqual(result.truncated, { stdout: stdout !== '', stderr: stderr !== '' });
      assert.equal(requested(fake)['capture-output'], wire);
    });
  }

  test('rejects merged output with unsupported for agents before 8.1', async () => {
    const { guest } = await scene({
      'guest-exec': failWith("Invalid parameter type for 'capture-output', expected: boolean"),
    });
    await assert.rejects(guest.exec('x', [], { capture: 'merged' }), (error) => {
      assert.ok(isGuestError(error, 'unsupported'));
      assert.match(error.message, /8\.1/);
      return true;
    });
  });

  test('rejects with command if the program cannot be started', async () => {
    const { guest } = await scene({ 'guest-exec': failWith('Failed to execute child process “x”') });
    await assert.rejects(guest.exec('x'), (error) => isGuestError(error, 'command'));
  });

  test('polls with a growing interval', async () => {
    let clock: ManualClock | undefined;
    const { handlers } = processes(() => clock ?? manualClock(), [60_000]);
    const asked: number[] = [];
    const scenery = await scene({
      ...handlers,
      'guest-exec-status': (args, request) => {
        asked.push(clock?.now() ?? 0);
        return handlers['guest-exec-status']?.(args as never, request) as never;
      },
    });
    clock = scenery.clock;
    await clock.runUntil(scenery.guest.exec('sleep', ['60']));
    const waits = asked.slice(1).map((time, i) => Math.round(time - (asked[i] ?? 0)));
    assert.ok((waits[0] ?? 99) <= 5, 'a short process is not waited for long');
    assert.deepEqual(
      waits.toSorted((a, b) => a - b),
      waits,
    );
    assert.ok(asked.length < 200, 'a long process is not asked for all the time');
    assert.ok((waits.at(-1) ?? 0) <= 1000, 'its end is known within a second');
  });

  test("passes on the agent's error for an unknown process", async () => {
    const { guest } = await scene({ 'guest-exec-status': failWith('PID ld does not exist') });
    await assert.rejects(guest.exec('x'), /PID ld does not exist/);
  });

  for (const wrong of [
    { exited: true, exitcode: -1 },
    { exited: true, 'out-data': Base64Data.fromText('!') },
  ]) {
    test(`rejects an invalid status with ${Object.keys(wrong)}`, async () => {
      const { guest } = await scene({ 'guest-exec-status': () => wrong });
      await assert.rejects(guest.exec('x'), (error) => isGuestError(error, 'protocol'));
    });
  }

  test('rejects an invalid environment and too much input', async () => {
    const { fake, guest } = await scene({});
    await assert.rejects(guest.exec('x', [], { env: { 'A=B': '' } }), TypeError);
    await assert.rejects(guest.exec('x', [], { env: { '': '' } }), TypeError);
    await assert.rejects(guest.exec('x', [], { env: ['A=\0'] }), TypeError);
    await assert.rejects(guest.exec('x', [], { input: new Uint8Array(48 * 2 ** 20) }), TypeError);
    assert.deepEqual(
      fake.commands.filter((name) => name === 'guest-exec'),
      [],
    );
    await guest.exec('x', [], { env: [] });
    assert.deepEqual(requested(fake)['env'], []);
  });
});

describe('exec after a timeout or abort', () => {
  test('sends SIGTERM, then SIGKILL, and reads the final status', async () => {
    let clock: ManualClock | undefined;
    const { handlers, started } = processes(() => clock ?? manualClock(), [1e9]);
    const scenery = await scene(handlers);
    clock = scenery.clock;
    const start = clock.now();
    await assert.rejects(clock.runUntil(scenery.guest.exec('sleep', [], { timeout: 1000 })), (error) =>
      isGuestError(error, 'timeout'),
    );
    assert.deepEqual(
      started.slice(1).map(({ path, arg }) => [path, arg?.slice(2)]),
      [
        ['/bin/sh', ['sh', 'TERM', '0']],
        ['/bin/sh', ['sh', 'KILL', '0']],
      ],
    );
    const last = scenery.fake.requests.at(-1);
    assert.deepEqual([last?.name, last?.args.get('pid')], ['guest-exec-status', 0]);
    assert.ok(clock.now() - start < 10_000);
  });

  test('does not signal a process that has already exited', async () => {
    let clock: ManualClock | undefined;
    const { handlers, started } = processes(() => clock ?? manualClock(), [1000]);
    const scenery = await scene(handlers);
    clock = scenery.clock;
    const caller = new AbortController();
    const running = scenery.guest.exec('sleep', [], { signal: caller.signal });
    await clock.advance(999);
    // The abort fires before the next poll.
    clock.timer(1, () => caller.abort());
    await assert.rejects(clock.runUntil(running), (error) => isGuestError(error, 'aborted'));
    assert.equal(started.length, 1);
  });

  test('terminates a process whose start is confirmed late', async () => {
    let clock: ManualClock | undefined;
    const { handlers, started } = processes(() => clock ?? manualClock(), [1e9]);
    const scenery = await scene(handlers, {
      faults: [when({ command: 'guest-exec', nth: 1 }, delayReply(100))],
    });
    clock = scenery.clock;
    const caller = new AbortController();
    const running = scenery.guest.exec('sleep', [], { signal: caller.signal });
    await clock.advance(50);
    caller.abort();
    await assert.rejects(clock.runUntil(running), (error) => isGuestError(error, 'aborted'));
    assert.ok(started.some(({ arg }) => arg?.includes('TERM')));
  });

  test('does not start a process if the signal has already fired', async () => {
    const { fake, guest } = await scene({});
    await assert.rejects(guest.exec('x', [], { signal: AbortSignal.abort() }), (error) =>
      isGuestError(error, 'aborted'),
    );
    assert.ok(!fake.commands.includes('guest-exec'));
  });

  test('rejects also if the guest cannot kill the process', async () => {
    let clock: ManualClock | undefined;
    const { handlers } = processes(() => clock ?? manualClock(), [1e9]);
    const scenery = await scene({
      ...handlers,
      'guest-exec': (args, request) =>
        request.nth === 1
          ? (handlers['guest-exec']?.(args as never, request) as never)
          : failWith('no such program')(),
    });
    clock = scenery.clock;
    await assert.rejects(clock.runUntil(scenery.guest.exec('sleep', [], { timeout: 10 })), (error) =>
      isGuestError(error, 'timeout'),
    );
  });
});
