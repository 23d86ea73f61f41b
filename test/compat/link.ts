import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Milliseconds until a reply. Only a failed conversation reaches this limit. */
const DEFAULT_PATIENCE = 30_000;

/** A connection of raw bytes to an agent. */
export interface Link extends AsyncDisposable {
  /** Sends bytes, in order. */
  send(bytes: Buffer): void;
  /**
   * All bytes up to and without the mark, which is taken too. Rejects if the agent goes away, or if the mark has not
   * come in `patience` milliseconds.
   */
  until(mark: Buffer, patience?: number): Promise<Buffer>;
  /** Ends the sending side, and returns all bytes until the agent has closed its side too. */
  finish(): Promise<Buffer>;
}

/** Connects to an agent's socket. `patience` is the time limit for a reply in milliseconds. */
export async function openLink(path: string, patience = DEFAULT_PATIENCE): Promise<Link> {
  const socket: Socket = connect({ path });
  await once(socket, 'connect');
  let received = Buffer.alloc(0);
  let ended = false;
  let failure: Error | undefined;
  let wake = (): void => {};
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('close', () => {
    ended = true;
    wake();
  });

  /** Calls the function after every arrival until it returns a value. */
  const waitFor = async <T>(attempt: () => T | undefined, limit = patience): Promise<T> => {
    const deadline = Date.now() + limit;
    for (;;) {
      const value = attempt();
      if (value !== undefined) return value;
      const soFar = `received so far: ${received.subarray(0, 2000).toString('latin1')}`;
      if (ended) throw new Error(`the agent closed the connection; ${soFar}`, { cause: failure });
      if (Date.now() >= deadline) throw new Error(`no answer within ${limit / 1000} s; ${soFar}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now());
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };

  return {
    send: (bytes) => void socket.write(bytes),
    until: (mark, limit) => {
      let searched = 0;
      return waitFor(() => {
        const at = received.indexOf(mark, searched);
        searched = Math.max(0, received.length - mark.length);
        if (at < 0) return undefined;
        const found = received.subarray(0, at);
        received = received.subarray(at + mark.length);
        return found;
      }, limit);
    },
    finish: () => {
      socket.end();
      return waitFor(() => (ended ? received : undefined));
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      if (!socket.closed) await once(socket, 'close');
    },
  };
}
