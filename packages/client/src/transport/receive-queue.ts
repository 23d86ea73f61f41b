import type { OnReadOpts, Socket } from 'node:net';

/** More than a unix socket holds. */
const BUFFER_SIZE_BYTES = 256 * 1024;

/**
 * Receives from a socket into two buffers in turn: one is filled while the other is consumed, so that reading allocates
 * nothing. Pass {@link onread} to the constructor of the socket.
 */
export class ReceiveQueue {
  readonly onread: OnReadOpts = {
    buffer: () => this.#buffers[this.#next] ?? Buffer.alloc(0),
    callback: (length) => this.#push(length),
  };
  readonly #buffers = [
    Buffer.allocUnsafeSlow(BUFFER_SIZE_BYTES),
    Buffer.allocUnsafeSlow(BUFFER_SIZE_BYTES),
  ] as const;
  /** The buffer to fill next. */
  #next: 0 | 1 = 0;
  readonly #chunks: Uint8Array[] = [];
  /** The number of buffers that hold unconsumed bytes. */
  #used = 0;
  #wake: () => void = () => {};

  /** Yields the received chunks; each is overwritten after the next one is requested. */
  async *read(socket: Socket): AsyncGenerator<Uint8Array, void, undefined> {
    let isOver = false;
    let problem: Error | undefined;
    const end = (error?: unknown): void => {
      if (error instanceof Error) problem = error;
      isOver = true;
      this.#wake();
    };
    for (const event of ['error', 'end', 'close']) socket.on(event, end);
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) {
          yield chunk;
          this.#used--;
          if (this.#used === this.#buffers.length - 1) socket.resume();
        } else if (isOver) {
          if (problem !== undefined) throw problem;
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      socket.destroy();
    }
  }

  /** Returns false, which pauses the socket, if no buffer is free. */
  #push(length: number): boolean {
    this.#chunks.push(this.#buffers[this.#next].subarray(0, length));
    this.#next = this.#next === 0 ? 1 : 0;
    this.#used++;
    this.#wake();
    return this.#used < this.#buffers.length;
  }
}
