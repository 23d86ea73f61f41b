import type { Peer } from './peer.js';
import type { HostStream, ListenerFactory, Transport, TransportListener } from './transport.js';

/** Hosts that are served beside the current one at the same time. */
const MAX_BESIDE = 8;

/** A host's stream, from its first byte to its release. */
export interface HostConnection extends HostStream {
  /** Starts to read. */
  serve(listener: TransportListener, paused: boolean): void;
  /** Closes the connection at once, without further events. */
  destroy(): void;
}

/** A client that has been accepted and waits for its turn. */
export interface WaitingClient {
  readonly peer: Peer | undefined;
  /** @param onRelease called once when the client has been released and its connection closed */
  connect(onRelease: () => void): HostConnection;
  /** Closes the connection of a client that is never served. */
  discard(): void;
}

/** The clients of a listening transport, as its acceptor sees them. */
export interface ClientQueue {
  /** The number of clients that wait. */
  readonly length: number;
  /** True while a client is served. */
  readonly serving: boolean;
  add(client: WaitingClient): void;
}

/** Accepts the clients of a listening socket. */
export interface Acceptor {
  /** Starts to listen. @throws {AgentError} `transport` */
  open(queue: ClientQueue): Promise<void>;
  /** Called when a client does not wait any more. */
  onRoom(): void;
  /** Stops to listen. Never rejects. */
  close(): Promise<void>;
}

/**
 * Serves the hosts of a listening socket one at a time, in the order of their arrival (qemu-ga §8.8), and others beside
 * the current one while its request takes long.
 */
export class ListeningTransport implements Transport, ClientQueue {
  readonly createdPath: string | undefined;
  readonly #acceptor: Acceptor;
  readonly #waiting: WaitingClient[] = [];
  readonly #beside = new Set<HostConnection>();
  /** Absent while the transport is closed. */
  #listener: TransportListener | undefined;
  #current: HostConnection | undefined;
  #listenerFor: ListenerFactory | undefined;
  #paused = false;

  /** @param createdPath the path of the socket, if it has one */
  constructor(acceptor: Acceptor, createdPath?: string) {
    this.#acceptor = acceptor;
    this.createdPath = createdPath;
  }

  async open(listener: TransportListener): Promise<void> {
    this.#listener = listener;
    await this.#acceptor.open(this);
  }

  get length(): number {
    return this.#waiting.length;
  }

  get serving(): boolean {
    return this.#current !== undefined;
  }

  add(client: WaitingClient): void {
    this.#waiting.push(client);
    this.#serveNext();
  }

  write(bytes: Buffer, onSent?: (bytes: Buffer) => void): boolean {
    return this.#current?.write(bytes, onSent) ?? true;
  }

  pause(): void {
    this.#paused = true;
    this.#current?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#current?.resume();
  }

  release(): void {
    this.#current?.release();
  }

  serveWaiting(listenerFor: ListenerFactory | undefined): void {
    this.#listenerFor = listenerFor;
    this.#serveNext();
  }

  async close(): Promise<void> {
    this.#listener = undefined;
    this.#current?.destroy();
    for (const connection of this.#beside) connection.destroy();
    for (const client of this.#waiting.splice(0)) client.discard();
    await this.#acceptor.close();
  }

  /** Serves the hosts for which there is a place now. */
  #serveNext(): void {
    const listener = this.#listener;
    if (listener === undefined) return;
    while (this.#current === undefined || this.#hasPlaceBeside) {
      const client = this.#waiting.shift();
      if (client === undefined) return;
      if (this.#current === undefined) this.#serve(client, listener);
      else this.#serveBeside(client);
      this.#acceptor.onRoom();
    }
  }

  get #hasPlaceBeside(): boolean {
    return this.#listenerFor !== undefined && this.#beside.size < MAX_BESIDE;
  }

  #serve(client: WaitingClient, listener: TransportListener): void {
    const connection = client.connect(() => {
      this.#current = undefined;
      this.#serveNext();
    });
    this.#current = connection;
    if (client.peer !== undefined) listener.connected?.(client.peer);
    connection.serve(listener, this.#paused);
  }

  #serveBeside(client: WaitingClient): void {
    const connection = client.connect(() => {
      this.#beside.delete(connection);
      this.#serveNext();
    });
    const listener = this.#listenerFor?.(connection);
    if (listener === undefined) {
      connection.destroy();
      return;
    }
    this.#beside.add(connection);
    if (client.peer !== undefined) listener.connected?.(client.peer);
    connection.serve(listener, false);
  }
}
