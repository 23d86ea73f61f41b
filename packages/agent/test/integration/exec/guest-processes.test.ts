import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { GuestExecCaptureOutputMode, GuestExecStatus } from '@guestwire/protocol/contract';
import { GuestProcesses } from '../../../src/exec/guest-processes.js';
import { collectingLogger } from '../../support/logger.js';

const MIB = 1024 * 1024;

/** Returns a process table with limits that a test can reach. */
function tableWith(limits: { bytes?: number; finished?: number }) {
  const log = collectingLogger();
  const processes = new GuestProcesses(log, { bytes: 4 * MIB, finished: 100, ...limits });
  return {
    processes,
    log,
    start: (script: string, options: { capture?: GuestExecCaptureOutputMode; input?: Buffer } = {}) =>
      processes.start({
        name: '/bin/sh',
        args: ['-c', script],
        env: ['PATH=/usr/bin:/bin'],
        path: undefined,
        capture: options.capture ?? 'separated',
        input: options.input,
      }),
    async ended(pid: number): Promise<GuestExecStatus> {
      for (;;) {
        const status = processes.report(pid);
        assert.ok(status, 'it is known');
        if (status.exited) return status;
        await setImmediate();
      }
    },
    [Symbol.dispose]: () => processes[Symbol.dispose](),
  };
}

/** Waits until the kernel has removed a process, without a request to the table. */
async function gone(pid: number): Promise<void> {
  while (existsSync(`/proc/${pid}`)) await setImmediate();
}

test('GuestProcesses drops the processes that exited first when no status is requested', async () => {
  using table = tableWith({ finished: 3 });
  const pids: number[] = [];
  for (let i = 0; i < 5; i++) {
    const pid = await table.start('exit 0', { capture: 'none' });
    await gone(pid);
    pids.push(pid);
  }
  assert.deepEqual(
    pids.map((pid) => table.processes.report(pid)?.exited),
    [undefined, undefined, true, true, true],
  );
  assert.deepEqual(
    table.log.lines,
    pids
      .slice(0, 2)
      .map((pid) => `warning: forgetting process ${pid}: no host has asked for its exit status`),
  );
});

test('GuestProcesses never drops a running process', async () => {
  using table = tableWith({ finished: 1 });
  const pid = await table.start('exec sleep 600');
  for (let i = 0; i < 5; i++) await gone(await table.start('exit 0', { capture: 'none' }));
  assert.deepEqual(table.processes.report(pid), { exited: false });
  process.kill(pid, 'SIGKILL');
  assert.equal((await table.ended(pid)).signal, 9);
});

test('GuestProcesses drops unread output for new output, and truncates if nothing can be dropped', async () => {
  using table = tableWith({ bytes: 4 * MIB });
  const fill = (mib: number) => `head -c ${mib * MIB} /dev/zero`;
  const old = await table.start(fill(2));
  await gone(old);

  const big = await table.start(`${fill(10)}; exit 3`);
  const status = await table.ended(big);
  assert.equal(table.processes.report(old), undefined);
  assert.equal(status.exitcode, 3);
  assert.equal(status['out-truncated'], true);
  assert.equal(status['out-data']?.decode().length, 4 * MIB);

  // Reported output frees its memory.
  const next = await table.ended(await table.start(fill(4)));
  assert.equal(next['out-data']?.decode().length, 4 * MIB);
  assert.equal(next['out-truncated'], false);
});

test('GuestProcesses rejects input above the memory limit without starting a process', async () => {
  using table = tableWith({ bytes: MIB });
  const tooMuch = { input: Buffer.alloc(MIB + 1) };
  const refused = {
    name: 'OperationError',
    message: 'Failed to execute child process \u201c/bin/sh\u201d (Cannot allocate memory)',
  };
  await assert.rejects(table.start('exit 0', tooMuch), refused);

  const reader = await table.start('read line; exec sleep 600', {
    input: Buffer.alloc(MIB),
    capture: 'none',
  });
  await assert.rejects(table.start('exit 0', { input: Buffer.alloc(1) }), refused);
  process.kill(reader, 'SIGKILL');
  assert.equal((await table.ended(reader)).signal, 9);
  // The pipe breaks a moment after the process has ended.
  while (!table.log.lines.some((line) => line.includes(`by process ${reader}`))) await setImmediate();

  const nothing = { name: '/no/such/program', args: [], env: [], path: undefined, capture: 'none' } as const;
  for (let i = 0; i < 3; i++) {
    await assert.rejects(table.processes.start({ ...nothing, input: Buffer.alloc(MIB) }), /No such file/);
  }
  assert.equal((await table.ended(await table.start('exit 0', { input: Buffer.alloc(MIB) }))).exitcode, 0);
});
