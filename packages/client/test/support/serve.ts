import { once } from 'node:events';
import { createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Transport } from '@guestwire/client';
import type { FakeGuest } from '@guestwire/testing';

/** Returns a transport over any stream. */
export function endOf(stream: Duplex): Transport {
  return {
    target: 'test',
    async write(bytes) {
      await new Promise<void>((resolve, reject) => {
        stream.write(bytes, (error) => (error == null ? resolve() : reject(error)));
      });
    },
    [Symbol.asyncIterator]: () => stream[Symbol.asyncIterator](),
    async [Symbol.asyncDispose]() {
      stream.destroy();
    },
  };
}

/** Serves each connection with the guest that `guest` returns. Resolves when the server listens. */
export async function serve(where: ListenOptions, guest: () => FakeGuest): Promise<Server> {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {});
    void guest().serve(endOf(socket));
  });
  server.listen(where);
  await once(server, 'listening');
  return server;
}
