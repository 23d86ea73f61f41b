import type { Transport, TransportListener } from '../../src/transport/transport.js';

/** A channel without a host: a test plays the host, and sees what the agent does with the channel. */
export class MemoryTransport implements Transport {
  /** What the agent has written, one entry for each write. */
  readonly writes: string[] = [];
  paused = false;
  released = 0;
  closed = false;
  /** False makes the next write answer false. */
  accepting = true;
  #listener: TransportListener | undefined;
  #wake: () => void = () => {};

  get listener(): TransportListener {
    if (this.#listener === undefined) throw new Error('the channel is not open');
    return this.#listener;
  }

  /** All that has been written, as text. */
  get written(): string {
    return this.writes.join('');
  }

  send(text: string): void {
    const chunk = Buffer.from(text, 'latin1');
    this.listener.data(chunk);
    // As a transport that reads into the same memory again.
    chunk.fill(0xff);
  }

  /** Takes writes again. */
  drain(): void {
    this.accepting = true;
    this.listener.drain();
  }

  /** Settles when the agent has written this many lines. */
  async lines(count: number): Promise<string[]> {
    while (this.written.split('\n').length <= count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.written.split('\n').slice(0, count);
  }

  async open(listener: TransportListener): Promise<void> {
    this.#listener = listener;
  }

  write(bytes: Buffer): boolean {
    this.writes.push(bytes.toString('latin1'));
    this.#wake();
    return this.accepting;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  release(): void {
    this.released += 1;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
