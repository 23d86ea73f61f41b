import { lstatSync, type Stats, statSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EACCES, ENOENT, errnoOf, errnoText, strerror } from '@guestwire/posix';
import { AgentError } from '../agent-error.js';
import type { Channel, ChannelListener } from './channel.js';
import { createLinger } from './linger.js';

/** `sun_path` has 108 bytes, one of them for the NUL that ends the path. */
const MAX_PATH_BYTES = 107;

/** Bytes that may wait in the agent for a host that does not read. */
const OUTPUT_LIMIT = 256 * 1024;

/** Clients that may wait for their turn; more are turned away, so that nobody can use up our descriptors. */
const MAX_WAITING = 256;

/** How a unix socket is treated. */
export interface UnixListenOptions {
  /**
   * True to leave the socket in its folder when the channel is closed, as the daemon does (qemu-ga §8.8): at that
   * path there may by then be the socket of another. It stays open, unanswered, until the process ends.
   */
  readonly keepSocket?: boolean;
}

/**
 * A channel that listens on a unix socket and serves one client at a time, in the order of their arrival
 * (qemu-ga §8.8). What waits has been accepted by us rather than queued by the kernel, but not a byte of it is read.
 * A client that disconnects in whatever way makes room for the next.
 *
 * @param path an empty one stands for a name of our choice in the folder for temporary files
 */
export function unixListen(path: string, options: UnixListenOptions = {}): Channel {
  let server: Server | undefined;
  let client: Socket | undefined;
  let listener: ChannelListener | undefined;
  /** The client will send no more, and `end` has been said. */
  let ended = false;
  /** Nor will we, once what is on its way has left. */
  let released = false;
  let paused = false;
  /** `write` answered false. */
  let held = false;
  const waiting: Socket[] = [];
  const linger = createLinger();

  const serve = (socket: Socket): void => {
    client = socket;
    ended = false;
    released = false;
    const over = (): void => {
      if (client !== socket || ended) return;
      ended = true;
      listener?.end();
    };
    socket.on('data', (chunk: Buffer) => listener?.data(chunk));
    socket.on('drain', drained);
    socket.on('end', over);
    socket.on('close', () => {
      if (client !== socket) return;
      drained();
      if (released) serveNext();
      else over();
    });
    if (socket.destroyed) over();
    else if (!paused) socket.resume();
  };

  const serveNext = (): void => {
    client = undefined;
    const next = waiting.shift();
    if (next !== undefined) serve(next);
  };

  const drained = (): void => {
    if (!held) return;
    held = false;
    listener?.drain();
  };

  const accept = (socket: Socket): void => {
    // A client that is gone is no fault of ours: `close` follows, and the next one is served.
    socket.on('error', () => {});
    if (listener === undefined) socket.destroy();
    else if (client === undefined) serve(socket);
    else if (waiting.length < MAX_WAITING) waiting.push(socket);
    else socket.destroy();
  };

  return {
    async open(its) {
      listener = its;
      server = await listen(path === '' ? temporaryPath() : path, accept);
      // Once it listens, an error concerns one client that could not be accepted, for want of descriptors say.
      server.on('error', () => {});
    },
    write(bytes) {
      if (client === undefined || client.destroyed) return true;
      held = !client.write(bytes) && client.writableLength >= OUTPUT_LIMIT;
      linger();
      return !held;
    },
    pause() {
      paused = true;
      client?.pause();
    },
    resume() {
      paused = false;
      if (!ended) client?.resume();
    },
    release() {
      released = true;
      if (client === undefined || client.destroyed) serveNext();
      // `end` sends what waits and then closes, since the other direction has ended already.
      else client.end();
    },
    async close() {
      const closing = server;
      server = undefined;
      listener = undefined;
      client?.destroy();
      for (const socket of waiting.splice(0)) socket.destroy();
      if (options.keepSocket === true) closing?.unref();
      else if (closing !== undefined) await new Promise<void>((resolve) => closing.close(() => resolve()));
    },
  };
}

/** Replaces what is left of an earlier socket at `path`, and listens. */
async function listen(path: string, accept: (socket: Socket) => void): Promise<Server> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new AgentError('channel', `UNIX socket path '${path}' is too long`, {
      advice: `it may have ${MAX_PATH_BYTES} bytes; --path gives another`,
    });
  }
  removeOldSocket(path);
  // Half-open: a client may close its side and still wait for its answers.
  const server = createServer(
    { allowHalfOpen: true, pauseOnConnect: true, highWaterMark: OUTPUT_LIMIT },
    accept,
  );
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ path, backlog: MAX_WAITING }, () => {
        server.off('error', reject);
        resolve();
      });
    });
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
    // There is none, or listening will find out what is wrong with the path.
    return;
  }
  if (!old.isSocket()) {
    throw new AgentError('channel', `Failed to unlink socket ${path}: it is not a socket`, {
      advice: 'remove it by hand if it is not needed, or give another --path',
    });
  }
  try {
    unlinkSync(path);
  } catch (error) {
    throw new AgentError('channel', `Failed to unlink socket ${path}: ${errnoText(error)}`, {
      advice: 'run guestd as the owner of this old socket, or give another --path',
      cause: error,
    });
  }
}

function bindError(path: string, error: unknown): AgentError {
  const folder = dirname(path);
  // libuv tells "not there" as "not permitted"; the folder itself knows better.
  const errno = errnoOf(error) === EACCES ? (folderError(folder) ?? EACCES) : errnoOf(error);
  const text = errno === undefined ? errnoText(error) : strerror(errno);
  const advice =
    errno === ENOENT
      ? `create the folder ${folder} first, or give another --path`
      : errno === EACCES
        ? `this user may not write to ${folder}; run guestd as another user or give another --path`
        : 'give another --path';
  return new AgentError('channel', `Failed to bind socket to ${path}: ${text}`, { advice, cause: error });
}

function folderError(folder: string): number | undefined {
  try {
    statSync(folder);
    return undefined;
  } catch (error) {
    return errnoOf(error);
  }
}

function temporaryPath(): string {
  const random = Array.from({ length: 6 }, () => Math.floor(Math.random() * 36).toString(36)).join('');
  return join(tmpdir(), `qemu-socket-${random}`);
}
