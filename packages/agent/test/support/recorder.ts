import type { Peer } from '../../src/transport/peer.js';
import type { HostStream, TransportListener } from '../../src/transport/transport.js';

/** A listener that keeps what comes, and releases each host at its end unless told not to. */
export class Recorder implements TransportListener {
  readonly #stream: HostStream;
  /** All bytes of all hosts. */
  text = '';
  /** The hosts that the transport has reported. */
  peers: Peer[] = [];
  ends = 0;
  drains = 0;
  fatals: Error[] = [];
  /** False leaves it to the test to release a host. */
  releases = true;
  #wake: () => void = () => {};

  constructor(stream: HostStream) {
    this.#stream = stream;
  }

  connected(peer: Peer): void {
    this.peers.push(peer);
  }

  data(chunk: Buffer): void {
    this.text += chunk.toString('latin1');
    this.#wake();
  }

  drain(): void {
    this.drains += 1;
    this.#wake();
  }

  end(): void {
    this.ends += 1;
    if (this.releases) this.#stream.release();
    this.#wake();
  }

  fatal(error: Error): void {
    this.fatals.push(error);
    this.#wake();
  }

  /** Settles when `condition` holds; asked again at each event. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
