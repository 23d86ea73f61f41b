import { readFileSync, rmSync } from 'node:fs';
import { type AgentProgram, type RunningAgent, startAgent } from '@guestwire/test/agents';
import type { Sample } from './metrics.js';
import { type RawClient, rawClient, request } from './raw-client.js';
import { closeFile, openFile, someBytes, writeRequest } from './transfer.js';

function megabytes(kibibytes: number): number {
  return (kibibytes * 1024) / 1e6;
}

/** Returns the value of a line such as `Rss:   1234 kB`, or the sum of several, in megabytes. */
function field(text: string, name: RegExp): number {
  const values = [...text.matchAll(name)].map((match) => Number(match[1]));
  if (values.length === 0) throw new Error(`no ${name.source} in the kernel's report`);
  return megabytes(values.reduce((sum, value) => sum + value, 0));
}

function held({ pid }: RunningAgent): { resident: number; private: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return {
    resident: field(text, /^Rss:\s+(\d+) kB$/gm),
    private: field(text, /^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm),
  };
}

function peak({ pid }: RunningAgent): number {
  return field(readFileSync(`/proc/${pid}/status`, 'utf8'), /^VmHWM:\s+(\d+) kB$/gm);
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

/** Measures the memory of new agents: after a ping, after a write of 48 MiB, and after reads and further transfers of that size. */
export async function measureMemory(program: AgentProgram, path: string): Promise<Sample> {
  try {
    await using writer = await startAgent(program);
    await using client = await rawClient(writer.socket);
    await client.ask(request('guest-ping'));
    const idle = held(writer);
    await write(client, path);
    const written = peak(writer);

    await using reader = await startAgent(program);
    await using other = await rawClient(reader.socket);
    await read(other, path);
    const wasRead = peak(reader);

    await write(other, path);
    await read(other, path);
    const after = held(reader);
    return {
      'memory.idle.private': idle.private,
      'memory.idle.resident': idle.resident,
      'memory.after.private': after.private,
      'memory.after.resident': after.resident,
      'memory.peak.write': written,
      'memory.peak.read': wasRead,
    };
  } finally {
    rmSync(path, { force: true });
  }
}
