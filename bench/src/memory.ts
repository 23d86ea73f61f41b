import { readFileSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentProgram, RunningAgent } from '@guestwire/test/agents';
import type { Sample } from './metrics.js';
import { type MeasuredProgram, startMeasured } from './programs.js';
import { type RawClient, rawClient, request } from './raw-client.js';
import { closeFile, openFile, someBytes, writeRequest } from './transfer.js';

function megabytes(kibibytes: number): number {
  return (kibibytes * 1024) / 1e6;
}

/** Returns the value of a line such as `Rss:   1234 kB` in megabytes. */
function field(text: string, name: RegExp): number {
  const value = name.exec(text)?.[1];
  if (value === undefined) throw new Error(`no ${name.source} in the kernel's report`);
  return megabytes(Number(value));
}

function held({ pid }: RunningAgent): { resident: number; private: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return {
    resident: field(text, /^Rss:\s+(\d+) kB$/m),
    private: field(text, /^Private_Dirty:\s+(\d+) kB$/m),
  };
}

function peak({ pid }: RunningAgent): number {
  return field(readFileSync(`/proc/${pid}/status`, 'utf8'), /^VmHWM:\s+(\d+) kB$/m);
}

/** The longest read that the agent allows, and the longest write that fits a message of less than 64 MiB. */
const LONGEST_READ = 48 * 2 ** 20;
const longestWrite = LONGEST_READ - 1024;

async function write(client: RawClient, path: string): Promise<void> {
  const handle = await openFile(client, path, 'w');
  await client.ask(writeRequest(handle, someBytes(longestWrite)));
  await closeFile(client, handle);
}

async function read(client: RawClient, path: string): Promise<void> {
  const handle = await openFile(client, path, 'r');
  await client.ask(request('guest-file-read', { handle, count: LONGEST_READ }));
  await closeFile(client, handle);
}

/** When the memory of an agent that no host asks anything is measured: guestd has compacted its heap by then. */
const SETTLED_MS = 15_000;
/** When it is measured after large reads. */
const LATER_MS = 10_000;

/** Returns the memory of a new agent some time after a ping. */
async function idle(program: AgentProgram): Promise<ReturnType<typeof held>> {
  await using agent = await startMeasured(program);
  await using client = await rawClient(agent.socket);
  await client.ask(request('guest-ping'));
  await delay(SETTLED_MS);
  return held(agent);
}

/**
 * Measures the memory of new agents: idle, the peak of a write and of reads of 48 MiB, and what is resident later.
 * @param path a file that is written and removed
 */
export async function measureMemory(program: MeasuredProgram, path: string): Promise<Sample> {
  try {
    // Waiting at the same time does not change what a process holds.
    const [plain, executable] = await Promise.all([
      idle(program),
      program.executable === undefined ? undefined : idle(program.executable),
    ]);

    await using writer = await startMeasured(program);
    await using client = await rawClient(writer.socket);
    await write(client, path);

    await using reader = await startMeasured(program);
    await using other = await rawClient(reader.socket);
    await read(other, path);
    const once = peak(reader);
    for (let count = 1; count < 8; count++) await read(other, path);
    const eight = peak(reader);
    await delay(LATER_MS);
    return {
      'memory.peak.write': peak(writer),
      'memory.peak.read': once,
      'memory.peak.eight': eight,
      'memory.later': held(reader).resident,
      'memory.idle.private': plain.private,
      'memory.idle.resident': plain.resident,
      ...(executable && {
        'memory.executable.private': executable.private,
        'memory.executable.resident': executable.resident,
      }),
    };
  } finally {
    rmSync(path, { force: true });
  }
}
