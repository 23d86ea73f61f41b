// Descriptors, threads, memory and processor time that run out.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, it } from 'node:test';
import type { Conversation } from '../vm/lab/conversation.js';
import { cannotMount, eventually, startFaultyAgent } from './faulty-agent.js';

/** A control group of version 1 or 2 for one controller. */
interface ControlGroup extends Disposable {
  /** A program that enters the group and runs its arguments. */
  readonly enter: readonly string[];
  /** The number of its processes. */
  processes(): number;
}

const CONTROLLERS = {
  pids: { v1: 'pids.max', v2: 'pids.max' },
  memory: { v1: 'memory.limit_in_bytes', v2: 'memory.max' },
} as const;

function controlGroup(controller: keyof typeof CONTROLLERS, limit: number): ControlGroup {
  const versionOne = existsSync(`/sys/fs/cgroup/${controller}`);
  const parent = versionOne ? `/sys/fs/cgroup/${controller}` : '/sys/fs/cgroup';
  if (!versionOne) writeFileSync('/sys/fs/cgroup/cgroup.subtree_control', `+${controller}`);
  const folder = join(parent, `guestwire-faults-${process.pid}-${controller}`);
  mkdirSync(folder);
  const file = join(folder, CONTROLLERS[controller][versionOne ? 'v1' : 'v2']);
  writeFileSync(file, String(limit));
  const pids = (): string[] => readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean);
  return {
    enter: ['/bin/sh', '-c', `echo $$ > ${folder}/cgroup.procs && exec "$@"`, 'sh'],
    processes: () => pids().length,
    [Symbol.dispose]() {
      // Or a fork bomb starts processes faster than they are killed.
      if (controller === 'pids') writeFileSync(file, '0');
      for (;;) {
        for (const pid of pids()) killIfAlive(Number(pid));
        try {
          rmdirSync(folder);
          return;
        } catch (error) {
          // Killed processes leave the group a moment later.
          if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
        }
      }
    },
  };
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

interface ExecStatus {
  readonly exited: boolean;
  readonly exitcode?: number;
  readonly signal?: number;
}

async function run(host: Conversation, script: string): Promise<ExecStatus> {
  const { pid } = (await host.ask('guest-exec', { path: '/bin/sh', arg: ['-c', script] })) as { pid: number };
  let status: ExecStatus = { exited: false };
  await eventually(async () => {
    status = (await host.ask('guest-exec-status', { pid })) as ExecStatus;
    return status.exited;
  });
  return status;
}

/** Sends all requests at once, and returns the results in their order. */
async function pipeline(host: Conversation, requests: readonly object[]): Promise<unknown[]> {
  host.link.send(Buffer.from(requests.map((request) => `${JSON.stringify(request)}\n`).join('')));
  const results: unknown[] = [];
  for (const request of requests) {
    const line = (await host.link.until(Buffer.from('\n'))).toString();
    const { return: result, error } = JSON.parse(line) as { return?: unknown; error?: unknown };
    assert.equal(error, undefined, JSON.stringify(request));
    results.push(result);
  }
  return results;
}

const OPEN = { path: '/proc/self/comm' };

describe('guestd with exhausted resources', { skip: cannotMount(), timeout: 600_000 }, () => {
  it('refuses a file when no descriptor is left, keeps the others, and opens files again', async () => {
    await using agent = await startFaultyAgent({ under: ['prlimit', '--nofile=64:64'] });
    await using host = await agent.connect();
    const handles: unknown[] = [];
    let failure: unknown;
    while (failure === undefined) {
      await host.ask('guest-file-open', OPEN).then(
        (handle) => handles.push(handle),
        (error: unknown) => {
          failure = error;
        },
      );
    }
    // The state file needs a descriptor as well, as in qemu-ga.
    assert.match(String(failure), /Too many open files|failed to commit persistent state to disk/);
    assert.ok(handles.length >= 16);
    assert.deepEqual(await host.ask('guest-ping'), {});
    assert.equal(await host.ask('guest-fsfreeze-status'), 'thawed');
    for (const handle of handles) await host.ask('guest-file-close', { handle });
    await host.link[Symbol.asyncDispose]();
    await agent.assertHealthy();
  });

  it('opens, reads and closes ten thousand files', async () => {
    await using agent = await startFaultyAgent({
      under: ['prlimit', '--nofile=12000:12000'],
      // In memory, as /run is: the number of each handle is written out.
      mounts: ({ statedir }) => `mount -t tmpfs -o mode=700 none ${statedir}`,
    });
    await using host = await agent.connect();
    const before = agent.descriptors();
    const handles = await pipeline(
      host,
      Array.from({ length: 10_000 }, () => ({ execute: 'guest-file-open', arguments: OPEN })),
    );
    assert.equal(new Set(handles).size, 10_000);
    assert.ok(await host.ask('guest-file-read', { handle: handles.at(-1) }));
    const closing = handles.map((handle) => ({ execute: 'guest-file-close', arguments: { handle } }));
    assert.equal((await pipeline(host, closing)).length, 10_000);
    assert.ok(agent.descriptors() <= before);
  });

  it('survives a fork bomb that a host starts', async () => {
    using group = controlGroup('pids', 100);
    await using agent = await startFaultyAgent({ under: group.enter });
    await using host = await agent.connect();
    const bomb = ['-n', '19', 'perl', '-e', 'fork while 1'];
    const { pid } = (await host.ask('guest-exec', { path: '/usr/bin/nice', arg: bomb })) as { pid: number };
    await eventually(() => group.processes() > 50);
    for (let index = 0; index < 50; index++) assert.deepEqual(await host.ask('guest-ping'), {});
    assert.ok(await host.ask('guest-exec-status', { pid }));
    // Whether a program starts now depends on chance; the reply must not.
    const started = await host.ask('guest-exec', { path: '/bin/true' }).then(() => '', String);
    assert.match(started, /^$|guest-exec: .*(Resource temporarily unavailable|failed)/);
    assert.deepEqual(await host.ask('guest-ping'), {});
  });

  it('survives a program that the kernel kills for its memory', async () => {
    using group = controlGroup('memory', 256 * 1024 * 1024);
    await using agent = await startFaultyAgent({ under: group.enter });
    await using host = await agent.connect();
    const { signal } = await run(host, 'exec dd if=/dev/zero of=/dev/null bs=1G count=1');
    assert.equal(signal, 9);
    await host.link[Symbol.asyncDispose]();
    await agent.assertHealthy();
  });

  it('continues a transfer after SIGSTOP and SIGCONT', async () => {
    await using agent = await startFaultyAgent();
    await using host = await agent.connect();
    const path = join(agent.folder, 'file');
    const handle = await host.ask('guest-file-open', { path, mode: 'w' });
    const block = Buffer.alloc(1024 * 1024, 7).toString('base64');
    for (let index = 0; index < 8; index++) {
      const written = host.ask('guest-file-write', { handle, 'buf-b64': block });
      agent.process.kill('SIGSTOP');
      agent.process.kill('SIGCONT');
      await written;
    }
    await host.ask('guest-file-close', { handle });
    assert.ok(readFileSync(path).equals(Buffer.alloc(8 * 1024 * 1024, 7)));
  });
});
