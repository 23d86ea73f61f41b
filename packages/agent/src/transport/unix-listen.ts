import { once } from 'node:events';
import { lstatSync, type Stats, statSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EACCES, ENOENT, errnoOf, errnoText, strerror } from '@guestwire/posix';
import { AgentError } from '../agent-error.js';
import { OUTPUT_LIMIT_BYTES } from './buffers.js';
import { createBusyPoll } from './busy-poll.js';
import type { Transport, TransportListener } from './transport.js';

/** `sun_path` has 108 bytes, one of them for the NUL that ends the path. */
const MAX_PATH_BYTES = 107;

/** Clients that may wait for their turn; more are rejected, so that they cannot exhaust the descriptors. */
const MAX_WAITING = 256;

/** How {@link unixListen} treats the socket. */
export interface UnixListenOptions {
  /**
   * True to leave the socket in its folder when the transport is closed, as the daemon does (qemu-ga §8.8): another agent
   * may have replaced it. The socket stays open, unanswered, until the process ends.
   */
  readonly keepSocket?: boolean;
}

/**
 * Returns a transport that listens on a unix socket and serves one client at a time, in the order of their arrival
 * (qemu-ga §8.8). Waiting clients have been accepted, but none of their bytes is read. A client that disconnects in
 * whatever way makes room for the next.
 *
 * @param path if empty, a random name in the folder for temporary files
 */
export function unixListen(path: string, options: UnixListenOptions = {}): Transport {
  return new UnixListenTransport(path, options);
}

class UnixListenTransport implements Transport {
  readonly #path: string;
  readonly #keepSocket: boolean;
  readonly #waiting: Socket[] = [];
  readonly #busyPoll = createBusyPoll();
  #server: Server | undefined;
  #client: Socket | undefined;
  #listener: TransportListener | undefined;
  /** The client sends no more, and `end` was called. */
  #ended = false;
  /** The client is closed once the output is written. */
  #released = false;
  #paused = false;
  /** `write` returned false. */
  #blocked = false;

  constructor(path: string, { keepSocket = false }: UnixListenOptions) {
    this.#path = path;
    this.#keepSocket = keepSocket;
  }

  async open(listener: TransportListener): Promise<void> {
    this.#listener = listener;
    const path = this.#path === '' ? temporaryPath() : this.#path;
    this.#server = await listen(path, (socket) => this.#accept(socket));
    // From now on an error concerns one client that could not be accepted, e.g. if no descriptor is left.
    this.#server.on('error', () => {});
  }

  write(bytes: Buffer): boolean {
    const client = this.#client;
    if (client === undefined || client.destroyed) return true;
    this.#blocked = !client.write(bytes) && client.writableLength >= OUTPUT_LIMIT_BYTES;
    this.#busyPoll();
    return !this.#blocked;
  }

  pause(): void {
    this.#paused = true;
    this.#client?.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#ended) this.#client?.resume();
  }

  release(): void {
    this.#released = true;
    if (this.#client === undefined || this.#client.destroyed) this.#serveNext();
    // `end` writes the output and then closes, since the other direction has ended.
    else this.#client.end();
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#listener = undefined;
    this.#client?.destroy();
    for (const socket of this.#waiting.splice(0)) socket.destroy();
    if (this.#keepSocket) server?.unref();
    else if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    // `close` follows, and the next client is served.
    socket.on('error', () => {});
    if (this.#listener === undefined) socket.destroy();
    else if (this.#client === undefined) this.#serve(socket);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(socket);
    else socket.destroy();
  }

  #serve(socket: Socket): void {
    this.#client = socket;
    this.#ended = false;
    this.#released = false;
    const end = (): void => {
      if (this.#client !== socket || this.#ended) return;
      this.#ended = true;
      this.#listener?.end();
    };
    socket.on('data', (chunk: Buffer) => this.#listener?.data(chunk));
    socket.on('drain', () => this.#drain());
    socket.on('end', end);
    socket.on('close', () => {
      if (this.#client !== socket) return;
      this.#drain();
      if (this.#released) this.#serveNext();
      else end();
    });
    if (socket.destroyed) end();
    else if (!this.#paused) socket.resume();
  }

  #serveNext(): void {
    this.#client = undefined;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#serve(next);
  }

  #drain(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#listener?.drain();
  }
}

/** Replaces the socket of an earlier agent at `path`, and listens. */
async function listen(path: string, accept: (socket: Socket) => void): Promise<Server> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new AgentError('transport', `UNIX socket path '${path}' is too long`, {
      advice: `the limit is ${MAX_PATH_BYTES} bytes; --path names another`,
    });
  }
  removeOldSocket(path);
  // Half-open: a client may close its side and still wait for its replies.
  const server = createServer(
    { allowHalfOpen: true, pauseOnConnect: true, highWaterMark: OUTPUT_LIMIT_BYTES },
    accept,
  );
  try {
    await once(server.listen({ path, backlog: MAX_WAITING }), 'listening');
  } catch (error) {
    throw bindError(path, error);
  }
  return server;
}

function removeOldSocket(path: string): void {
  let old: Stats;
  try {
    old = lstatSync(path);
  } catch {
    // Either there is nothing to remove, or listening fails with the reason.
    return;
  }
  if (!old.isSocket()) {
    throw new AgentError('transport', `Failed to unlink socket ${path}: it is not a socket`, {
      advice: 'remove it if it is not needed, or give another --path',
    });
  }
  try {
    unlinkSync(path);
  } catch (cause) {
    throw new AgentError('transport', `Failed to unlink socket ${path}: ${errnoText(cause)}`, {
      advice: 'run guestd as the owner of this old socket, or give another --path',
      cause,
    });
  }
}

function bindError(path: string, cause: unknown): AgentError {
  const folder = dirname(path);
  // libuv reports a missing folder as EACCES.
  const errno = errnoOf(cause) === EACCES ? (statErrno(folder) ?? EACCES) : errnoOf(cause);
  const text = errno === undefined ? errnoText(cause) : strerror(errno);
  const advice =
    errno === ENOENT
      ? `create the folder ${folder} first, or give another --path`
      : errno === EACCES
        ? `this user may not write to ${folder}; run guestd as another user or give another --path`
        : 'give another --path';
  return new AgentError('transport', `Failed to bind socket to ${path}: ${text}`, { advice, cause });
}

function statErrno(path: string): number | undefined {
  try {
    statSync(path);
    return undefined;
  } catch (error) {
    return errnoOf(error);
  }
}

function temporaryPath(): string {
  const random = Array.from({ length: 6 }, () => Math.floor(Math.random() * 36).toString(36)).join('');
  return join(tmpdir(), `qemu-socket-${random}`);
}
