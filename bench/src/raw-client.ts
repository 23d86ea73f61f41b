import { once } from 'node:events';
import { connect } from 'node:net';

const LINE_FEED = 0x0a;

/** The length and the beginning of a reply. */
interface RawReply {
  /** In bytes, with the line feed. */
  readonly length: number;
  /** The first bytes, as text. */
  readonly head: string;
}

/**
 * A minimal client, so that the agent dominates the measurement: requests are encoded in advance, and a reply is only
 * searched for its line feed.
 */
export interface RawClient extends AsyncDisposable {
  /** Sends bytes and waits for one line. Rejects on an error reply or when the connection closes. */
  ask(request: Buffer): Promise<RawReply>;
  /** Sends bytes and waits for `count` lines without parsing them. */
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
    if (head.startsWith('{"error"')) reject(new Error(`the agent replied: ${head}`));
    else resolve({ length, head });
    return true;
  };

  // One buffer for all reads, to avoid garbage and system calls.
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

/** Encodes a request. */
export function request(execute: string, args?: object): Buffer {
  return Buffer.from(`${JSON.stringify(args === undefined ? { execute } : { execute, arguments: args })}\n`);
}
