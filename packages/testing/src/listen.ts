import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Transport } from '@guestwire/client';

/** A unix socket on which a fake guest listens. */
export interface Listening extends AsyncDisposable {
  /** What to connect to: `unix:/tmp/x.sock`. */
  readonly target: string;
}

/** The guest's end of a socket. */
const endOf = (target: string, socket: Socket): Transport => ({
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
});

/** Listens on a unix socket, and gives the guest's end of every connection away to be served. */
export const listenOn = async (
  path: string,
  serve: (end: Transport) => Promise<void>,
): Promise<Listening> => {
  const target = `unix:${path}`;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // The iteration reports it.
    socket.on('error', () => {});
    void serve(endOf(target, socket));
  });
  server.listen(path);
  await once(server, 'listening');
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
};
