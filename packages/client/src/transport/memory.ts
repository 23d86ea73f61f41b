import { GuestError } from '../guest-error.js';
import type { Transport } from './transport.js';

interface Waiting {
  readonly bytes: Uint8Array;
  readonly taken: () => void;
  readonly lost: (reason: GuestError) => void;
}

function gone(): GuestError {
  return new GuestError('closed', 'memory: the other side is gone');
}

/** Bytes from one end to the other; a write waits until they were taken. */
class Pipe {
  #waiting: Waiting[] = [];
  #wake: () => void = () => {};
  #ended = false;

  write(bytes: Uint8Array): Promise<void> {
    if (this.#ended) return Promise.reject(gone());
    return new Promise((taken, lost) => {
      this.#waiting.push({ bytes, taken, lost });
      this.#wake();
    });
  }

  /** What was written still arrives. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Nobody reads any more. */
  abandon(): void {
    this.end();
    for (const { lost } of this.#waiting.splice(0)) lost(gone());
  }

  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        next.taken();
        yield next.bytes;
      } else if (this.#ended) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

function end(incoming: Pipe, outgoing: Pipe): Transport {
  return {
    target: 'memory',
    write: (bytes) => outgoing.write(bytes),
    [Symbol.asyncIterator]: () => incoming.read(),
    async [Symbol.asyncDispose]() {
      incoming.abandon();
      outgoing.end();
    },
  };
}

/** Two transports that lead to one another: one for the host, one for whatever plays the guest. */
export function memoryTransports(): [host: Transport, guest: Transport] {
  const toHost = new Pipe();
  const toGuest = new Pipe();
  return [end(toHost, toGuest), end(toGuest, toHost)];
}
