import { writeFileSync } from 'node:fs';
import { type RawClient, request } from './raw-client.js';
import { median } from './statistics.js';
import { closeFile, openFile, someBytes, writeRequest } from './transfer.js';

const PART = someBytes(2 ** 20);
/** A file of this size is written and read again and again. */
const FILE_BYTES = 64 * PART.length;
const FILE_PARTS = Array.from({ length: 64 }, () => PART);
/** The longest data whose base64 fits a message. */
const LONGEST_BYTES = 48 * 2 ** 20 - 1024;
const WARM_UP_MS = 200;
const MEASURED_MS = 300;
const LEAST_REQUESTS = 1;

/** Returns the median times of a write and a read of one size, in milliseconds. */
export async function timesOfRequests(
  client: RawClient,
  path: string,
  size: number,
  effort: number,
): Promise<Readonly<Record<string, number>>> {
  const length = Math.min(size, LONGEST_BYTES);
  const writer = await openFile(client, path, 'w');
  const write = await timeOf(client, writer, writeRequest(writer, someBytes(length)), length, effort);
  await closeFile(client, writer);
  writeFileSync(path, Buffer.concat(FILE_PARTS));
  const reader = await openFile(client, path, 'r');
  const bytes = request('guest-file-read', { handle: reader, count: length });
  const read = await timeOf(client, reader, bytes, length, effort);
  await closeFile(client, reader);
  return { write, read };
}

/** Repeats a request for some time, and returns its median time. */
async function timeOf(
  client: RawClient,
  handle: number,
  bytes: Buffer,
  length: number,
  effort: number,
): Promise<number> {
  const back = request('guest-file-seek', { handle, offset: 0, whence: 'set' });
  const perFile = Math.max(1, Math.floor(FILE_BYTES / length));
  let done = 0;
  const repeat = async (milliseconds: number): Promise<number[]> => {
    const times: number[] = [];
    const end = performance.now() + milliseconds * effort;
    while (times.length < LEAST_REQUESTS || performance.now() < end) {
      if (done++ % perFile === 0) await client.ask(back);
      const start = performance.now();
      await client.ask(bytes);
      times.push(performance.now() - start);
    }
    return times;
  };
  await repeat(WARM_UP_MS);
  return median(await repeat(MEASURED_MS));
}
