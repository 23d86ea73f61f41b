import { closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { EAGAIN, POLLIN, waitReady } from '@guestwire/posix';
import { hasSpareDescriptors } from '../descriptor-limit.js';
import type { Acceptor, ClientQueue, HostConnection } from './listening-transport.js';
import type { Peer } from './peer.js';
import type { PeerFilter } from './peer-filter.js';

/** Clients that are accepted before their turn, so that the filter can refuse them; further ones wait in the kernel. */
const MAX_WAITING = 8;

/** Clients that are accepted before other work gets its turn. */
const ACCEPTS_PER_TURN = 64;

/** The pause before the next attempt, if a client cannot be accepted. */
const RETRY_MS = 100;

/** The descriptor of a client, non-blocking, and the peer if the kernel reports it. */
export interface AcceptedClient {
  readonly fd: number;
  readonly peer?: Peer | undefined;
}

/** A listening descriptor and what to do with its connections. */
export interface ListeningDescriptor {
  readonly filter: PeerFilter;
  /** Returns a listening, non-blocking descriptor. May throw an `AgentError`. */
  listen(): number;
  /** Accepts the next client; `fd` may be a negated error number. */
  accept(fd: number): AcceptedClient;
  /** Returns the connection of a descriptor, which it closes. */
  connect(fd: number, onRelease: () => void): HostConnection;
  /** Closes what `listen` has opened. Never rejects. */
  close(fd: number): Promise<void> | void;
}

/**
 * Accepts the clients of a listening descriptor. All but a few wait in the kernel, where they take no descriptor of this
 * process.
 */
export class DescriptorAcceptor implements Acceptor {
  readonly #socket: ListeningDescriptor;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #onRoom: () => void = () => {};

  constructor(socket: ListeningDescriptor) {
    this.#socket = socket;
  }

  async open(queue: ClientQueue): Promise<void> {
    const fd = this.#socket.listen();
    this.#running = this.#run(fd, queue).finally(() => this.#socket.close(fd));
  }

  onRoom(): void {
    this.#onRoom();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#onRoom();
    await this.#running;
  }

  async #run(fd: number, queue: ClientQueue): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      if (queue.length >= MAX_WAITING) {
        await new Promise<void>((resolve) => {
          this.#onRoom = resolve;
        });
      } else {
        // Waiting takes a descriptor, too.
        const found = await waitReady(fd, POLLIN, signal).catch(() => 0);
        if (signal.aborted || (found !== 0 && this.#acceptAll(fd, queue))) continue;
        await delay(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** Accepts the clients that wait in the kernel; returns false if no descriptor is left for another one. */
  #acceptAll(fd: number, queue: ClientQueue): boolean {
    const { accept, filter, connect } = this.#socket;
    for (let count = 0; count < ACCEPTS_PER_TURN && queue.length < MAX_WAITING; count += 1) {
      // Otherwise clients that wait could take the descriptors that a thaw needs.
      if (queue.serving && !hasSpareDescriptors()) return false;
      const client = accept(fd);
      // A client may also have given up.
      if (client.fd < 0) return client.fd === -EAGAIN;
      if (!filter.admits(client.peer)) {
        closeSync(client.fd);
        continue;
      }
      queue.add({
        peer: client.peer,
        connect: (onRelease) => connect(client.fd, onRelease),
        discard: () => closeSync(client.fd),
      });
    }
    return true;
  }
}
