/** Receives the events of a transport. None of its methods is called before `open`. */
export interface TransportListener {
  /** Bytes from the host, which the listener owns. Not called while the transport is paused. */
  data(chunk: Buffer): void;
  /** More can be written, after a `write` that returned false. */
  drain(): void;
  /**
   * The host has closed its side or is gone. The listener writes its last replies and then calls `release`; no `data`
   * comes before that.
   */
  end(): void;
  /** The transport is broken. No event follows. */
  fatal(error: Error): void;
}

/**
 * A duplex byte stream to one host at a time. Hosts come and go; the transport stays.
 *
 * Bytes for a host that is gone are dropped without an error, and never delivered to the next one.
 */
export interface Transport {
  /**
   * Starts to serve hosts.
   *
   * @throws {AgentError} `transport`; its message names the device or socket, its advice says what to do
   */
  open(listener: TransportListener): Promise<void>;
  /** Sends bytes to the host, in order. Returns false if the caller should wait for `drain`. */
  write(bytes: Buffer): boolean;
  /** Stops `data` after at most one more chunk. */
  pause(): void;
  /** Lets `data` come again. */
  resume(): void;
  /** Answers `end`: nothing more is written to this host, and the next one may be served. */
  release(): void;
  /** Closes the transport. Bytes that have not been sent may be lost. Never rejects. */
  close(): Promise<void>;
}
