import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { errnoOf, peerCredentials } from '@guestwire/posix';
import { OUTPUT_LIMIT_BYTES } from './buffers.js';
import type { Acceptor, ClientQueue } from './listening-transport.js';
import type { Peer } from './peer.js';
import type { PeerFilter } from './peer-filter.js';
import { SocketConnection } from './socket-connection.js';
import { privateWhile } from './socket-mode.js';
import { bindError, prepareSocketPath, setMode } from './unix-socket.js';

/** Clients that may wait for their turn; more are closed, so that they cannot exhaust the descriptors. */
const MAX_WAITING = 256;

export interface ServerOptions {
  readonly path: string;
  readonly mode: number;
  readonly filter: PeerFilter;
  /** True to leave the socket in its folder. */
  readonly keepSocket: boolean;
}

/** Accepts the clients of a unix socket with Node's server: where raw descriptors cannot be used. */
export class ServerAcceptor implements Acceptor {
  readonly #options: ServerOptions;
  #server: Server | undefined;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  async open(queue: ClientQueue): Promise<void> {
    const { path, mode } = this.#options;
    prepareSocketPath(path);
    const server = createServer(
      { allowHalfOpen: true, pauseOnConnect: true, highWaterMark: OUTPUT_LIMIT_BYTES },
      (socket) => this.#accept(socket, queue),
    );
    try {
      privateWhile(() => server.listen({ path, backlog: MAX_WAITING }));
      await once(server, 'listening');
    } catch (error) {
      const errno = errnoOf(error);
      throw errno === undefined ? error : bindError(path, errno);
    }
    this.#server = server;
    // From now on an error concerns one client that could not be accepted.
    server.on('error', () => {});
    setMode(path, mode);
  }

  onRoom(): void {}

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (this.#options.keepSocket) server?.unref();
    else if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #accept(socket: Socket, queue: ClientQueue): void {
    // `close` follows.
    socket.on('error', () => {});
    const peer = peerOf(socket);
    if (!this.#options.filter.admits(peer) || queue.length >= MAX_WAITING) {
      socket.destroy();
      return;
    }
    queue.add({
      peer,
      connect: (onRelease) => new SocketConnection(socket, onRelease),
      discard: () => socket.destroy(),
    });
  }
}

/** Returns the process that has connected a client; undefined where the runtime hides the descriptor. */
function peerOf(socket: Socket): Peer | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  const credentials = typeof fd === 'number' && fd >= 0 ? peerCredentials(fd) : undefined;
  return credentials && { kind: 'unix', ...credentials };
}
