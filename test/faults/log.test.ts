// Files of the agent itself on a filesystem that another program has frozen, and a log that nobody reads.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { cannotMount, eventually, type FaultyAgent, startFaultyAgent } from './faulty-agent.js';
import { frozenDisk } from './frozen-disk.js';

const PINGS = 50;

/** More than a pipe and a socket hold of the log. */
const MANY_PINGS = 10_000;

/** Stops the agent. Its process remains as a zombie while the kernel does not end a thread that waits for a filesystem. */
async function assertEnds(child: ChildProcess): Promise<void> {
  const start = performance.now();
  child.kill('SIGTERM');
  await eventually(() => child.exitCode !== null || stateOf(child) === 'Z');
  assert.ok(performance.now() - start < 20_000);
}

function stateOf({ pid }: ChildProcess): string | undefined {
  return /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
}

/** Asserts that a host gets replies, and that its thaw ends what another program has frozen. */
async function assertThaws(agent: FaultyAgent): Promise<void> {
  await using host = await agent.connect();
  for (let ping = 0; ping < PINGS; ping++) assert.deepEqual(await host.ask('guest-ping'), {});
  assert.equal(await host.ask('guest-fsfreeze-status'), 'thawed');
  assert.equal(await host.ask('guest-fsfreeze-thaw'), 1);
}

/** Returns the number of lines of a file that contain a text; none if the agent has not created it yet. */
const linesWith = (file: string, text: string): number =>
  (existsSync(file) ? readFileSync(file, 'utf8') : '').split('\n').filter((line) => line.includes(text))
    .length;

describe('guestd with a log that blocks', { skip: cannotMount(), timeout: 600_000 }, () => {
  it('answers and thaws when another program has frozen that of its log file, and loses no line', async () => {
    using disk = frozenDisk();
    const file = join(disk.directory, 'log');
    await using agent = await startFaultyAgent({
      options: ['--system-root', disk.root, '--logfile', file, '--verbose'],
    });
    disk.freeze();
    await assertThaws(agent);
    await eventually(() => linesWith(file, 'processing command guest-ping') > PINGS);
  });

  it('starts and thaws when another program has frozen that of its log file', async () => {
    using disk = frozenDisk();
    disk.freeze();
    const file = join(disk.directory, 'log');
    await using agent = await startFaultyAgent({
      options: ['--system-root', disk.root, '--logfile', file, '--verbose'],
    });
    assert.match(
      agent.log,
      /warning: the disk of the log file .*\/log does not respond; lines wait in memory/,
    );
    await assertThaws(agent);
    await eventually(() => linesWith(file, 'processing command guest-ping') > PINGS);
  });

  it('ends at SIGTERM when another program has frozen that of its log file', async () => {
    using disk = frozenDisk();
    const file = join(disk.directory, 'log');
    const agent = await startFaultyAgent({
      options: ['--system-root', disk.root, '--logfile', file, '--verbose'],
    });
    disk.freeze();
    {
      await using host = await agent.connect();
      assert.deepEqual(await host.ask('guest-ping'), {});
    }
    await assertEnds(agent.process);
    execFileSync('fsfreeze', ['-u', disk.directory]);
    await agent[Symbol.asyncDispose]();
  });

  it('answers, reopens and thaws when another program has frozen that of its audit log', async () => {
    using disk = frozenDisk();
    const file = join(disk.directory, 'audit.log');
    await using agent = await startFaultyAgent({
      options: ['--system-root', disk.root, '--audit-log', file],
    });
    disk.freeze();
    agent.process.kill('SIGHUP');
    await assertThaws(agent);
    await eventually(() => linesWith(file, '"command":"guest-ping"') > PINGS);
  });

  it('starts and thaws when another program has frozen that of its audit log', async () => {
    using disk = frozenDisk();
    disk.freeze();
    const file = join(disk.directory, 'audit.log');
    await using agent = await startFaultyAgent({
      options: ['--system-root', disk.root, '--audit-log', file],
    });
    assert.match(agent.log, /error: the disk of the audit log does not respond; entries wait in memory/);
    await assertThaws(agent);
    await eventually(() => linesWith(file, '"command":"guest-ping"') > PINGS);
  });

  it('answers, and ends at SIGTERM, when nobody reads its standard error', async () => {
    await using agent = await startFaultyAgent({ options: ['--verbose'] });
    agent.process.stderr?.pause();
    {
      await using host = await agent.connect();
      for (let ping = 0; ping < MANY_PINGS; ping++) assert.deepEqual(await host.ask('guest-ping'), {});
    }
    const exit = once(agent.process, 'exit');
    await assertEnds(agent.process);
    assert.deepEqual(await exit, [0, null]);
  });
});
