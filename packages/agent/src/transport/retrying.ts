import type { Logger } from '../log/logger.js';
import type { ListenerFactory, Transport, TransportListener } from './transport.js';

/** How {@link retrying} opens a transport again. */
export interface RetryOptions {
  readonly log: Logger;
  /** The path at which each transport creates a file, if any. */
  readonly createdPath?: string | undefined;
  /** Resolves when the transport is to be opened again, or `signal` aborts. Never rejects. */
  readonly wait: (signal: AbortSignal) => Promise<void>;
}

/**
 * Returns a transport that never breaks: one that cannot be opened, or breaks, is made and opened again, without a limit
 * (qemu-ga §8.8, `--retry-path`). The listener only sees that a host is gone. `open` resolves after the first attempt,
 * successful or not.
 *
 * @param make makes the transport; each is opened once
 */
export function retrying(make: () => Transport, options: RetryOptions): Transport {
  return new RetryingTransport(make, options);
}

class RetryingTransport implements Transport {
  readonly createdPath: string | undefined;
  readonly #make: () => Transport;
  readonly #options: RetryOptions;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #current: Transport | undefined;
  /** Ends the use of the current transport. */
  #lose: () => void = () => {};
  /** Called by `release` when the transport of the host is lost. */
  #released: () => void = () => {};
  #paused = false;
  #waitingListeners: ListenerFactory | undefined;
  /** `write` returned false. */
  #blocked = false;
  /** A host has sent something since the last `end`. */
  #connected = false;
  /** `end` was called and `release` not yet. */
  #ended = false;
  /** Why the last attempt to open failed. */
  #lastFailure: string | undefined;

  constructor(make: () => Transport, options: RetryOptions) {
    this.#make = make;
    this.#options = options;
    this.createdPath = options.createdPath;
  }

  open(listener: TransportListener): Promise<void> {
    return new Promise((opened) => {
      this.#running = this.#run(listener, opened);
    });
  }

  write(bytes: Buffer, onSent?: (bytes: Buffer) => void): boolean {
    this.#blocked = this.#current?.write(bytes, onSent) === false;
    return !this.#blocked;
  }

  pause(): void {
    this.#paused = true;
    this.#current?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#current?.resume();
  }

  serveWaiting(listenerFor: ListenerFactory | undefined): void {
    this.#waitingListeners = listenerFor;
    this.#current?.serveWaiting?.(listenerFor);
  }

  release(): void {
    this.#ended = false;
    if (this.#current === undefined) this.#released();
    else this.#current.release();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#lose();
    this.#released();
    await this.#running;
  }

  async #run(listener: TransportListener, opened: () => void): Promise<void> {
    const { signal } = this.#closing;
    const { log, wait } = this.#options;
    for (;;) {
      await this.#serve(listener, opened);
      opened();
      if (signal.aborted) return;
      log.warning('agent stopped unexpectedly, restarting...');
      log.warning('waiting for channel path...');
      await Promise.all([this.#endHost(listener), wait(signal)]);
      if (signal.aborted) return;
    }
  }

  /** Makes and opens a transport. Resolves when it is lost, or could not be opened. */
  async #serve(listener: TransportListener, opened: () => void): Promise<void> {
    const transport = this.#make();
    this.#current = transport;
    if (this.#paused) transport.pause();
    transport.serveWaiting?.(this.#waitingListeners);
    try {
      const lost = new Promise<void>((resolve) => {
        this.#lose = resolve;
      });
      const served = transport.open(this.#observe(listener)).then(() => {
        this.#lastFailure = undefined;
        opened();
        return lost;
      });
      await Promise.race([lost, served]);
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      // The same message every few seconds would fill the log.
      if (failure !== this.#lastFailure) this.#options.log.critical(failure);
      this.#lastFailure = failure;
    } finally {
      this.#current = undefined;
      await transport.close();
    }
  }

  #observe(listener: TransportListener): TransportListener {
    return {
      connected: (peer) => listener.connected?.(peer),
      data: (chunk) => {
        this.#connected = true;
        listener.data(chunk);
      },
      drain: () => this.#drain(listener),
      end: (gone) => this.#end(listener, gone),
      fatal: (error) => {
        this.#options.log.error(error.message);
        this.#lose();
      },
    };
  }

  /** Ends the host of a lost transport. Resolves when the listener has released it. */
  async #endHost(listener: TransportListener): Promise<void> {
    const released = new Promise<void>((resolve) => {
      this.#released = resolve;
    });
    if (this.#blocked) this.#drain(listener);
    if (this.#connected) this.#end(listener, true);
    if (this.#ended) await released;
  }

  #drain(listener: TransportListener): void {
    this.#blocked = false;
    listener.drain();
  }

  #end(listener: TransportListener, gone: boolean): void {
    this.#connected = false;
    this.#ended = true;
    listener.end(gone);
  }
}
