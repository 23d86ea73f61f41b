import type { Peer } from './peer.js';

/** Receives the events of a transport. None of its methods is called before `open`. */
export interface TransportListener {
  /**
   * The transport serves another host, whose bytes come from now on, until `end`. Only listening transports call it: a
   * device does not show which program uses its other side.
   */
  connected?(peer: Peer): void;
  /**
   * Bytes from the host; they may be overwritten once the call has returned. Not called while the transport is paused.
   */
  data(chunk: Buffer): void;
  /** More can be written, after a `write` that returned false. */
  drain(): void;
  /**
   * The host has closed its side or is gone. The listener writes its last replies and then calls `release`; no `data`
   * comes before that.
   * @param gone true if the host certainly receives nothing any more; false if it may have closed its side only
   */
  end(gone: boolean): void;
  /** The transport is broken. No event follows. */
  fatal(error: Error): void;
}

/** The host's end of a byte stream, as its listener uses it. */
export interface HostStream {
  /**
   * Sends bytes to the host, in order. Returns false if the caller should wait for `drain`.
   * @param onSent called at most once, with the bytes or a part of them, when their memory may be used again; it need not be called
   */
  write(bytes: Buffer, onSent?: (bytes: Buffer) => void): boolean;
  /** Stops `data` after at most one more chunk. */
  pause(): void;
  /** Lets `data` come again. */
  resume(): void;
  /** Answers `end`: nothing more is written to this host, and the next one may be served. */
  release(): void;
}

/** Returns the listener for one more host, which is served beside the current one until it disconnects. */
export type ListenerFactory = (stream: HostStream) => TransportListener;

/**
 * A duplex byte stream to one host at a time. Hosts come and go; the transport stays.
 *
 * Bytes for a host that is gone are dropped without an error, and never delivered to the next one.
 */
export interface Transport extends HostStream {
  /** The path at which `open` creates a file; absent if it creates none. An agent that starts frozen thaws its filesystem. */
  readonly createdPath?: string | undefined;
  /**
   * Starts to serve hosts.
   *
   * @throws {AgentError} `transport`; its message names the device or socket, its advice says what to do
   */
  open(listener: TransportListener): Promise<void>;
  /**
   * Serves the hosts that wait for their turn, a few of them, beside the current one, whose request takes long;
   * `undefined` ends this for hosts that are not served yet. Absent if a second host cannot connect.
   */
  serveWaiting?(listenerFor: ListenerFactory | undefined): void;
  /** Closes the transport. Bytes that have not been sent may be lost. Never rejects. */
  close(): Promise<void>;
}
