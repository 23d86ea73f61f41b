import { once } from 'node:events';
import { connect } from 'node:net';

const LINE_FEED = 0x0a;

/** The reply to a request: how long it was, and how it began. */
interface RawReply {
  /** Bytes, the line feed included. */
  readonly length: number;
  /** The first bytes, as text. */
  readonly head: string;
}

/**
 * A client that costs next to nothing: requests are finished bytes, and a reply is only searched for its line feed.
 * So what is measured is the agent.
 */
export interface RawClient extends AsyncDisposable {
  /** Sends bytes and waits for one line. Rejects if the agent answers an error or goes away. */
  ask(request: Buffer): Promise<RawReply>;
  /** Sends bytes and waits for that many lines, looking at none of them. */
  flood(requests: Buffer, lines: number): Promise<void>;
}

const HEAD_LENGTH = 80;

/** Connects to an agent's socket. */
export async function rawClient(path: string): Promise<RawClient> {
  let awaited = 0;
  let length = 0;
  let head = '';
  let settle: { resolve: (reply: RawReply) => void; reject: (error: Error) => void } | undefined;

  const receive = (size: number, buffer: Uint8Array): boolean => {
    const chunk = Buffer.from(buffer.buffer, buffer.byteOffset, size);
    if (head.length < HEAD_LENGTH) head += chunk.toString('latin1', 0, HEAD_LENGTH - head.length);
    length += size;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) awaited--;
    if (awaited > 0 || settle === undefined) return true;
    const { resolve, reject } = settle;
    settle = undefined;
    if (head.startsWith('{"error"')) reject(new Error(`the agent answered: ${head}`));
    else resolve({ length, head });
    return true;
  };

  // One buffer for all reads: no garbage, and few system calls.
  const socket = connect({ path, onread: { buffer: new Uint8Array(1 << 20), callback: receive } });
  await once(socket, 'connect');
  socket.on('error', (error) => settle?.reject(error));
  socket.on('close', () => settle?.reject(new Error('the agent closed the connection')));

  const exchange = (bytes: Buffer, lines: number): Promise<RawReply> =>
    new Promise((resolve, reject) => {
      awaited = lines;
      length = 0;
      head = '';
      settle = { resolve, reject };
      socket.write(bytes);
    });

  return {
    ask: (request) => exchange(request, 1),
    flood: async (requests, lines) => void (await exchange(requests, lines)),
    async [Symbol.asyncDispose]() {
      socket.destroy();
      if (!socket.closed) await once(socket, 'close');
    },
  };
}

/** A request as bytes. */
export function request(execute: string, args?: object): Buffer {
  return Buffer.from(`${JSON.stringify(args === undefined ? { execute } : { execute, arguments: args })}\n`);
}
