import { GuestError } from '../guest-error.js';
import type { Transport } from './transport.js';

interface PendingWrite {
  readonly bytes: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (reason: GuestError) => void;
}

function closed(): GuestError {
  return new GuestError('closed', 'memory: closed by the other side');
}

/** One direction; a write waits until it is read. */
class Pipe {
  #pending: PendingWrite[] = [];
  #wake: () => void = () => {};
  #isEnded = false;

  write(bytes: Uint8Array): Promise<void> {
    if (this.#isEnded) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      this.#pending.push({ bytes, resolve, reject });
      this.#wake();
    });
  }

  /** Ends the stream after the pending writes. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  /** Ends the stream at once, from the reading side. */
  cancel(): void {
    this.end();
    for (const { reject } of this.#pending.splice(0)) reject(closed());
  }

  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const next = this.#pending.shift();
      if (next !== undefined) {
        next.resolve();
        yield next.bytes;
      } else if (this.#isEnded) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

function transportOver(incoming: Pipe, outgoing: Pipe): Transport {
  return {
    target: 'memory',
    write: (bytes) => outgoing.write(bytes),
    [Symbol.asyncIterator]: () => incoming.read(),
    async [Symbol.asyncDispose]() {
      incoming.cancel();
      outgoing.end();
    },
  };
}

/** Returns the two ends of a connection in memory: one for the host, one for a guest. */
export function memoryTransports(): [host: Transport, guest: Transport] {
  const toHost = new Pipe();
  const toGuest = new Pipe();
  return [transportOver(toHost, toGuest), transportOver(toGuest, toHost)];
}
