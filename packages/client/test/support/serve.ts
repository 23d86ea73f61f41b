import { once } from 'node:events';
import { createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import type { FakeGuest } from '@guestwire/testing';

/** Lets whoever connects talk to a fake guest of his own. Resolves when the server listens. */
export const serve = async (where: ListenOptions, guest: () => FakeGuest): Promise<Server> => {
  const server = createServer((socket) => void carry(socket, guest()));
  server.listen(where);
  await once(server, 'listening');
  return server;
};

const carry = async (socket: Socket, fake: FakeGuest): Promise<void> => {
  socket.on('error', () => {});
  socket.on('data', (bytes) => void fake.host.write(bytes).catch(() => {}));
  socket.on('close', () => void fake.host[Symbol.asyncDispose]());
  for await (const bytes of fake.host) socket.write(bytes);
  socket.end();
};
