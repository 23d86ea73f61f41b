import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type FaultyAgent, startFaultyAgent } from '../faults/faulty-agent.js';
import type { Conversation } from '../vm/lab/conversation.js';

/** Requests of one round, the same in each, so that rounds can be compared. */
const ROUND_COMMANDS = 500;

/** Rounds before the first sample: the engine compiles, pools fill. */
const WARM_UP = 0.2;

/** The memory and the descriptors of the agent at one instant. */
export interface Sample {
  /** Requests so far. */
  readonly commands: number;
  readonly residentBytes: number;
  readonly descriptors: number;
}

export interface SoakResult {
  readonly samples: readonly Sample[];
  /** Growth of the resident memory in bytes for each 1,000 requests, by least squares after the warm-up. */
  readonly bytesPerThousand: number;
  /** The difference between the last sample and the first after the warm-up. */
  readonly descriptorGrowth: number;
}

/** Sends mixed requests to a real agent, valid and not, over many connections, and measures it between the rounds. */
export async function soak(commands: number, progress: (sample: Sample) => void): Promise<SoakResult> {
  await using agent = await startFaultyAgent({
    // In memory, as /run is: the number of each file handle is written out.
    mounts: ({ statedir }) => `mount -t tmpfs -o mode=700 none ${statedir}`,
  });
  const samples: Sample[] = [];
  for (let sent = 0; sent < commands; ) {
    sent += await round(agent);
    const sample = {
      commands: sent,
      residentBytes: agent.residentBytes(),
      descriptors: agent.descriptors(),
    };
    samples.push(sample);
    progress(sample);
  }
  const measured = samples.slice(Math.floor(samples.length * WARM_UP));
  return {
    samples,
    bytesPerThousand: slope(measured) * 1000,
    descriptorGrowth: (measured.at(-1)?.descriptors ?? 0) - (measured[0]?.descriptors ?? 0),
  };
}

/** One connection: cheap requests in pipelines, files, a program, errors of all kinds. Returns the number of requests. */
async function round(agent: FaultyAgent): Promise<number> {
  await using host = await agent.connect();
  const path = join(agent.folder, 'soak');
  const handle = await host.ask('guest-file-open', { path, mode: 'w+' });
  const data = Buffer.alloc(3000, readdirSync(agent.folder).length).toString('base64');
  const cheap = [
    { execute: 'guest-ping' },
    { execute: 'guest-sync', arguments: { id: 7 } },
    { execute: 'guest-info' },
    { execute: 'guest-get-time' },
    { execute: 'guest-get-host-name' },
    { execute: 'guest-fsfreeze-status' },
    { execute: 'guest-file-write', arguments: { handle, 'buf-b64': data } },
    { execute: 'guest-file-seek', arguments: { handle, offset: 0, whence: 'set' } },
    { execute: 'guest-file-read', arguments: { handle, count: 2000 } },
    { execute: 'guest-file-seek', arguments: { handle, offset: 0, whence: 'end' } },
    { execute: 'guest-file-open', arguments: { path: '/nonexistent/file' } },
    { execute: 'guest-file-read', arguments: { handle: 1, count: 10 } },
    { execute: 'guest-exec-status', arguments: { pid: 1 } },
    { execute: 'guest-ping', arguments: { unexpected: true } },
    { execute: 'guest-unknown' },
    { execute: 3 },
  ];
  let sent = 1;
  while (sent < ROUND_COMMANDS) sent += await pipeline(host, cheap);
  await host.ask('guest-file-close', { handle });
  const { pid } = (await host.ask('guest-exec', {
    path: '/bin/echo',
    arg: ['soak'],
    'capture-output': true,
  })) as { pid: number };
  sent += 2;
  for (let exited = false; !exited; sent += 1) {
    exited = ((await host.ask('guest-exec-status', { pid })) as { exited: boolean }).exited;
  }
  // The rest of a message that never comes.
  host.link.send(Buffer.from('{"execute":"guest-pi'));
  return sent;
}

async function pipeline(host: Conversation, requests: readonly object[]): Promise<number> {
  host.link.send(Buffer.from(requests.map((request) => JSON.stringify(request)).join('\n')));
  for (const _ of requests) await host.link.until(Buffer.from('\n'));
  return requests.length;
}

/** Returns the slope of the resident memory over the number of requests, by least squares. */
function slope(samples: readonly Sample[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(samples.map(({ commands }) => commands));
  const y = mean(samples.map(({ residentBytes }) => residentBytes));
  let products = 0;
  let squares = 0;
  for (const { commands, residentBytes } of samples) {
    products += (commands - x) * (residentBytes - y);
    squares += (commands - x) ** 2;
  }
  return squares === 0 ? 0 : products / squares;
}
