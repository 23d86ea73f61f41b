import { once } from 'node:events';
import type { OnReadOpts, Socket } from 'node:net';
import { ReceiveQueue } from './receive-queue.js';
import { sendQueue } from './send-queue.js';
import type { Transport } from './transport.js';

/** Returns a transport over the socket that `connect` creates, once it is connected. */
export async function socketTransport(
  target: string,
  connect: (onread: OnReadOpts) => Socket,
  signal?: AbortSignal,
): Promise<Transport> {
  const received = new ReceiveQueue();
  const socket = connect(received.onread);
  // Errors after the connect end the iteration, which reports them.
  socket.on('error', () => {});
  try {
    await once(socket, 'connect', signal && { signal });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return {
    target,
    write: sendQueue(target, socket),
    [Symbol.asyncIterator]: () => received.read(socket),
    async [Symbol.asyncDispose]() {
      if (socket.closed) return;
      const closed = once(socket, 'close');
      socket.destroy();
      await closed;
    },
  };
}
