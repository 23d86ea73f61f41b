import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Transport } from '@guestwire/client';

/** A socket on which a fake guest listens. */
export interface ListeningSocket extends AsyncDisposable {
  /** The target to connect to: `unix:/tmp/x.sock`, `tcp:127.0.0.1:4711`. */
  readonly target: string;
}

/** The path of a unix socket, or a TCP port on the loopback interface; port 0 chooses a free one. */
export type ListenAddress = string | { readonly port: number };

const HOST = '127.0.0.1';

/** Returns a transport over the socket. */
function socketTransport(target: string, socket: Socket): Transport {
  return {
    target,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error == null ? resolve() : reject(error)));
      }),
    [Symbol.asyncIterator]: () => socket[Symbol.asyncIterator](),
    async [Symbol.asyncDispose]() {
      if (socket.closed) return;
      const closed = once(socket, 'close');
      socket.destroySoon();
      // Discards unread input, so that the socket closes although the host still sends.
      socket.resume();
      await closed;
    },
  };
}

/** Listens, and passes the guest's end of each connection to `serve`. */
export async function listenOn(
  address: ListenAddress,
  serve: (transport: Transport) => Promise<void>,
): Promise<ListeningSocket> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // The async iterator reports it.
    socket.on('error', () => {});
    void serve(socketTransport(target, socket));
  });
  server.listen(typeof address === 'string' ? { path: address } : { host: HOST, port: address.port });
  await once(server, 'listening');
  const bound = server.address();
  const target = typeof bound === 'object' && bound !== null ? `tcp:${HOST}:${bound.port}` : `unix:${bound}`;
  return {
    target,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
