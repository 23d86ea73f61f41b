import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Transport } from '@guestwire/client';

/** A socket on which a fake guest listens. */
export interface Listening extends AsyncDisposable {
  /** What to connect to: `unix:/tmp/x.sock`, `tcp:127.0.0.1:4711`. */
  readonly target: string;
}

/** Where to listen: the path of a unix socket, or a TCP port of this machine, 0 for any that is free. */
export type ListenAddress = string | { readonly port: number };

/** Only for this machine: what a fake guest answers is nobody else's business. */
const HOST = '127.0.0.1';

/** The guest's end of a socket. */
function endOf(target: string, socket: Socket): Transport {
  return {
    target,
    async write(bytes) {
      await new Promise<void>((resolve, reject) => {
        socket.write(bytes, (error) => (error == null ? resolve() : reject(error)));
      });
    },
    [Symbol.asyncIterator]: () => socket[Symbol.asyncIterator](),
    async [Symbol.asyncDispose]() {
      if (socket.closed) return;
      const closed = once(socket, 'close');
      socket.destroySoon();
      // A host that does not read does not keep the socket.
      socket.resume();
      await closed;
    },
  };
}

/** Listens, and gives the guest's end of every connection away to be served. */
export async function listenOn(
  where: ListenAddress,
  serve: (end: Transport) => Promise<void>,
): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // The iteration reports it.
    socket.on('error', () => {});
    void serve(endOf(target, socket));
  });
  server.listen(typeof where === 'string' ? { path: where } : { host: HOST, port: where.port });
  await once(server, 'listening');
  const address = server.address();
  const target =
    typeof address === 'object' && address !== null ? `tcp:${HOST}:${address.port}` : `unix:${address}`;
  return {
    target,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
