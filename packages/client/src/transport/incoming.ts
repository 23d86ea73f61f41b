import type { OnReadOpts, Socket } from 'node:net';

/** What is read at once, at most: more than a unix socket holds. */
const ROOM = 256 * 1024;

/**
 * What a socket receives, read into two pieces of memory by turns: into the one while the other is looked at. So
 * reading costs no memory, and little time, however much it is. Give {@link onread} to the socket when it is made.
 */
export class Incoming {
  readonly onread: OnReadOpts = {
    buffer: () => this.#buffers[this.#next] ?? Buffer.alloc(0),
    callback: (length) => this.#take(length),
  };
  readonly #buffers = [Buffer.allocUnsafeSlow(ROOM), Buffer.allocUnsafeSlow(ROOM)] as const;
  /** Which of them is read into. */
  #next: 0 | 1 = 0;
  /** What was read and is not looked at yet. */
  readonly #waiting: Uint8Array[] = [];
  /** How many of the buffers are taken, by what waits and by what is looked at. */
  #taken = 0;
  #wake: () => void = () => {};

  /** Gives what was read; what it has given may be overwritten as soon as the next is asked for. */
  async *of(socket: Socket): AsyncGenerator<Uint8Array, void, undefined> {
    let over = false;
    let problem: Error | undefined;
    const end = (error?: unknown): void => {
      if (error instanceof Error) problem = error;
      over = true;
      this.#wake();
    };
    for (const event of ['error', 'end', 'close']) socket.on(event, end);
    try {
      for (;;) {
        const next = this.#waiting.shift();
        if (next !== undefined) {
          yield next;
          this.#taken--;
          if (this.#taken === this.#buffers.length - 1) socket.resume();
        } else if (over) {
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

  /** Goes on reading if there is a buffer left. */
  #take(length: number): boolean {
    this.#waiting.push(this.#buffers[this.#next].subarray(0, length));
    this.#next = this.#next === 0 ? 1 : 0;
    this.#taken++;
    this.#wake();
    return this.#taken < this.#buffers.length;
  }
}
