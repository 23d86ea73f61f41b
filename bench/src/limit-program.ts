// One end of a socket, which is standard input, for the limit of transfers: moves bytes and does nothing else.
//
//   limit-program.js server|client REQUEST-BYTES REPLY-BYTES COUNT
//
// The client prints the time of the exchanges in milliseconds.
import { readSync, writeSync } from 'node:fs';
import process from 'node:process';
import { ioctl, setSendBuffer } from '@guestwire/posix';

const SOCKET = 0;
const FIONBIO = 0x5421;
/** As guestd reads and sends. */
const PIECE_BYTES = 2 ** 16;
const SEND_BUFFER_BYTES = 2 ** 19;
const WARM_UP = 10;

const [role, ...sizes] = process.argv.slice(2);
const [request = 0, reply = 0, count = 0] = sizes.map(Number);
const bytes = Buffer.alloc(Math.max(request, reply));
const buffer = Buffer.alloc(PIECE_BYTES);

function send(length: number): void {
  for (let at = 0; at < length; ) at += writeSync(SOCKET, bytes, at, length - at);
}

function receive(length: number): void {
  for (let at = 0; at < length; ) {
    const size = readSync(SOCKET, buffer, 0, Math.min(buffer.length, length - at), null);
    if (size === 0) throw new Error('the other end has closed the socket');
    at += size;
  }
}

function exchange(times: number): void {
  for (let index = 0; index < times; index++) {
    if (role === 'server') receive(request);
    send(role === 'server' ? reply : request);
    if (role === 'client') receive(reply);
  }
}

// The end of the client was a stream of the process that started it.
await ioctl(SOCKET, FIONBIO, new Int32Array([0]).buffer);
setSendBuffer(SOCKET, SEND_BUFFER_BYTES);
exchange(WARM_UP);
const start = performance.now();
exchange(count);
if (role === 'client') process.stdout.write(String(performance.now() - start));
