import { execFile } from 'node:child_process';
import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { connect, type Guest } from '@guestwire/client';
import { ourAgent, projectFolder } from '@guestwire/test/agents';
import { faster, type Metric, type Sample, valueAtMost } from './metrics.js';
import { startMeasured } from './programs.js';
import { rawClient, request } from './raw-client.js';
import type { Extent, Take } from './samples.js';
import { percentile } from './statistics.js';
import { megabytesPerSecond, someBytes, transfer } from './transfer.js';

const run = promisify(execFile);

/** The names of the columns: the library with guestctl, and the minimal client. */
const clientColumns = { ours: 'client', raw: 'raw' } as const;

/** The sizes of the requests that are measured through the library. */
const sizes = [
  { name: '64 KiB', size: 65_536, requests: 400, target: 0.7 },
  { name: '1 MiB', size: 2 ** 20, requests: 64, target: undefined },
] as const;

/** The whole file, which the library splits into requests by itself; the raw client uses requests of 1 MiB. */
const whole = { size: 2 ** 20, requests: 256 };

/** Bytes copied by `guestctl cp`: 1 GiB. */
const COPIED = 2 ** 30;
/** The part that the raw client copies, in requests of the largest size that `cp` uses; its speed is constant. */
const rawPart = { size: 2 ** 22, requests: 32 };

/** The metrics of the host side, in the order of the report. */
export const clientMetrics: readonly Metric[] = [
  { id: 'ping', label: 'ping, p50', unit: 'µs' },
  faster('write', 'a whole file written', 'MB/s', 0.9),
  faster('read', 'a whole file read', 'MB/s', 0.9),
  faster('read.kept', 'a whole file read, each chunk to keep', 'MB/s'),
  ...sizes.flatMap(({ name, target }) => [
    faster(`write.${name}`, `one write after the other, ${name}`, 'MB/s', target),
    faster(`read.${name}`, `one read after the other, ${name}`, 'MB/s', target),
  ]),
  faster('cp.to', 'guestctl cp to the guest, 1 GiB', 'MB/s', 0.6),
  faster('cp.from', 'guestctl cp from the guest, 1 GiB', 'MB/s', 0.6),
  valueAtMost('guestctl.ping', 'guestctl ping, shell to shell (raw: Node alone)', 'ms', 150),
];

/** Half of the pings are the warm-up. */
const PINGS = 4000;

async function middle(count: number, ping: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await ping();
    if (i >= count / 2) times.push((performance.now() - start) * 1000);
  }
  return percentile(times, 0.5);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function throughTheRawClient(socket: string, file: string, effort: number): Promise<Sample> {
  await using client = await rawClient(socket);
  const sample: Record<string, number> = {
    ping: await middle(PINGS * effort, () => client.ask(request('guest-ping'))),
  };
  for (const { name, size, requests } of sizes) {
    await transfer(client, file, size, Math.ceil(requests * effort * 0.2)); // warm-up
    const { write, read } = await transfer(client, file, size, Math.ceil(requests * effort));
    sample[`write.${name}`] = write;
    sample[`read.${name}`] = read;
  }
  const { write, read } = await transfer(client, file, whole.size, Math.ceil(whole.requests * effort));
  const part = await transfer(client, file, rawPart.size, rawPart.requests);
  return { ...sample, write, read, 'read.kept': read, 'cp.to': part.write, 'cp.from': part.read };
}

/** Writes a file through the library in requests of one size, and reads it. */
async function transferThrough(
  guest: Guest,
  path: string,
  size: number,
  requests: number,
): Promise<{ readonly write: number; readonly read: number }> {
  const bytes = someBytes(size);
  const write = await timed(async () => {
    await using file = await guest.files.open(path, 'w');
    for (let i = 0; i < requests; i++) await file.write(bytes);
  });
  const read = await timed(async () => {
    await using file = await guest.files.open(path, 'r');
    for (let i = 0; i < requests; i++) await file.read(size);
  });
  return {
    write: megabytesPerSecond(size * requests, write),
    read: megabytesPerSecond(size * requests, read),
  };
}

/** Writes a whole file through the library, and reads it twice: with reused buffers, as the raw client does, and without. */
async function wholeThrough(guest: Guest, path: string, effort: number): Promise<Sample> {
  const bytes = someBytes(whole.size * Math.ceil(whole.requests * effort));
  const write = await timed(() => guest.files.writeFile(path, bytes));
  const reading = (reuse: boolean): Promise<number> =>
    timed(async () => {
      await using file = await guest.files.open(path);
      for await (const _ of file.chunks({ reuse }));
    });
  return {
    write: megabytesPerSecond(bytes.length, write),
    read: megabytesPerSecond(bytes.length, await reading(true)),
    'read.kept': megabytesPerSecond(bytes.length, await reading(false)),
  };
}

async function throughTheLibrary(target: string, file: string, effort: number): Promise<Sample> {
  await using guest = await connect(target);
  const sample: Record<string, number> = {
    ping: await middle(PINGS * effort, () => guest.call('guest-ping')),
  };
  for (const { name, size, requests } of sizes) {
    await transferThrough(guest, file, size, Math.ceil(requests * effort * 0.2)); // warm-up
    const { write, read } = await transferThrough(guest, file, size, Math.ceil(requests * effort));
    sample[`write.${name}`] = write;
    sample[`read.${name}`] = read;
  }
  await wholeThrough(guest, file, effort); // warm-up
  return { ...sample, ...(await wholeThrough(guest, file, effort)) };
}

function guestctl(args: readonly string[]): Promise<unknown> {
  return run(process.execPath, [join(projectFolder, 'packages/cli/bin/guestctl.js'), ...args]);
}

function makeFile(path: string, length: number): void {
  const file = openSync(path, 'w');
  const part = someBytes(2 ** 24);
  for (let at = 0; at < length; at += part.length)
    writeSync(file, part, 0, Math.min(part.length, length - at));
  closeSync(file);
}

async function throughTheTool(target: string, folder: string, effort: number): Promise<Sample> {
  const here = join(folder, 'here');
  const inGuest = join(folder, 'in-guest');
  const length = Math.ceil(COPIED * effort);
  makeFile(here, length);
  try {
    const to = await timed(() => guestctl(['cp', '--to', target, here, `guest:${inGuest}`]));
    rmSync(here);
    const from = await timed(() => guestctl(['cp', '--to', target, `guest:${inGuest}`, here]));
    if (statSync(here).size !== length) throw new Error('guestctl cp copied only a part');
    return { 'cp.to': megabytesPerSecond(length, to), 'cp.from': megabytesPerSecond(length, from) };
  } finally {
    rmSync(here, { force: true });
    rmSync(inGuest, { force: true });
  }
}

/**
 * Measures the library and guestctl beside a minimal client, over a unix socket to guestd.
 *
 * @param folder in memory, so that no disk is measured
 * @param take gets the values of each round
 * @returns the names of the columns
 */
export async function measureClient(
  { rounds, effort, say, folder }: Extent & { readonly folder: string },
  take: Take,
): Promise<readonly string[]> {
  const file = join(folder, 'file');
  for (let round = 1; round <= rounds; round++) {
    say(`host side, round ${round} of ${rounds}`);
    // `cp` runs programs in the guest, and agents started by the laboratory have none.
    await using agent = await startMeasured(ourAgent(), { PATH: process.env['PATH'] });
    const target = `unix:${agent.socket}`;
    take(clientColumns.ours, await throughTheLibrary(target, file, effort));
    take(clientColumns.raw, await throughTheRawClient(agent.socket, file, effort));
    take(clientColumns.ours, await throughTheTool(target, folder, effort));
    await guestctl(['ping', '--to', target]); // fills the file cache
    take(clientColumns.ours, { 'guestctl.ping': await timed(() => guestctl(['ping', '--to', target])) });
    take(clientColumns.raw, { 'guestctl.ping': await timed(() => run(process.execPath, ['-e', '0'])) });
  }
  rmSync(file, { force: true });
  return Object.values(clientColumns);
}
