import { rmSync } from 'node:fs';
import { type Sample, transferSizes } from './metrics.js';
import { type RawClient, request } from './raw-client.js';

/** Returns bytes that do not repeat within a stdio buffer. */
export function someBytes(size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let i = 0; i < size; i++) bytes[i] = (i * 31 + (i >> 8)) & 0xff;
  return bytes;
}

/** Opens a file through the agent. */
export async function openFile(client: RawClient, path: string, mode: string): Promise<number> {
  const { head } = await client.ask(request('guest-file-open', { path, mode }));
  const handle = /^\{"return": (\d+)\}/.exec(head)?.[1];
  if (handle === undefined) throw new Error(`no handle: ${head}`);
  return Number(handle);
}

/** Closes a file through the agent. */
export async function closeFile(client: RawClient, handle: number): Promise<void> {
  await client.ask(request('guest-file-close', { handle }));
}

/** The request that writes bytes. */
export function writeRequest(handle: number, bytes: Buffer): Buffer {
  return request('guest-file-write', { handle, 'buf-b64': bytes.toString('base64') });
}

/** Speed in megabytes per second. */
export function megabytesPerSecond(bytes: number, milliseconds: number): number {
  return bytes / 1e6 / (milliseconds / 1000);
}

async function writing(client: RawClient, path: string, size: number, requests: number): Promise<number> {
  const handle = await openFile(client, path, 'w');
  const bytes = writeRequest(handle, someBytes(size));
  const expected = `{"return": {"count": ${size}, "eof": false}}`;
  const start = performance.now();
  for (let i = 0; i < requests; i++) {
    const { head } = await client.ask(bytes);
    if (!head.startsWith(expected)) throw new Error(`incomplete write: ${head}`);
  }
  // Flushing buffered data is part of the measurement.
  await closeFile(client, handle);
  return megabytesPerSecond(size * requests, performance.now() - start);
}

/** Reads the file that `writing` has written. */
async function reading(client: RawClient, path: string, size: number, requests: number): Promise<number> {
  const handle = await openFile(client, path, 'r');
  const bytes = request('guest-file-read', { handle, count: size });
  const frame = `{"return": {"count": ${size}, "buf-b64": "", "eof": false}}\n`.length;
  const expected = frame + Math.ceil(size / 3) * 4;
  const start = performance.now();
  for (let i = 0; i < requests; i++) {
    const { length, head } = await client.ask(bytes);
    if (length !== expected) throw new Error(`incomplete read: ${length} bytes: ${head}`);
  }
  const speed = megabytesPerSecond(size * requests, performance.now() - start);
  await closeFile(client, handle);
  return speed;
}

/** Writes a file in `count` requests of one size, and reads it in the same number; in megabytes per second. */
export async function transfer(
  client: RawClient,
  path: string,
  size: number,
  requests: number,
): Promise<{ readonly write: number; readonly read: number }> {
  return {
    write: await writing(client, path, size, requests),
    read: await reading(client, path, size, requests),
  };
}

/** Writes and reads a file in requests of each size; the file is in memory, so that no disk is measured. */
export async function measureTransfers(client: RawClient, path: string, effort: number): Promise<Sample> {
  const sample: Record<string, number> = {};
  for (const { name, size, requests } of transferSizes) {
    const count = Math.max(1, Math.round(requests * effort));
    try {
      const { write, read } = await transfer(client, path, size, count);
      sample[`write.${name}`] = write;
      sample[`read.${name}`] = read;
    } finally {
      rmSync(path, { force: true });
    }
  }
  return sample;
}
