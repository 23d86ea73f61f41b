// A program for a guest: connects to an agent of the same guest over vsock, and prints the results.
//
//   node client.mjs PORT SILENT_PORT
import { createHash, randomBytes } from 'node:crypto';
import process from 'node:process';
import { connect, isGuestError } from '@guestwire/client';

const [port, silentPort] = process.argv.slice(2);
const patience = { timeout: 60_000, callTimeout: 60_000 };
function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

await using guest = await connect(`vsock:1:${port}`, patience);
// More than a socket buffers, in both directions.
const bytes = randomBytes(1_000_000);
await guest.files.writeFile('/root/over-vsock', bytes);
const { stdout } = await guest.exec('/usr/bin/sha256sum', ['/root/over-vsock']);
const read = await guest.files.readFile('/root/over-vsock');
const calls = Array.from({ length: 20 }, (_, id) => guest.call('guest-sync', { id }));
const refused: unknown = await connect(`vsock:1:${silentPort}`, patience).catch((error: unknown) => error);

console.log(
  JSON.stringify({
    ids: await Promise.all(calls),
    written: String(stdout).startsWith(digest(bytes)),
    read: read.equals(bytes),
    refused: isGuestError(refused, 'closed') && refused.message,
  }),
);
