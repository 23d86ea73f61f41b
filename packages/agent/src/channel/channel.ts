/** What a channel tells the session that uses it. None of these is called before `open` has been. */
export interface ChannelListener {
  /** Bytes from the host; they are the listener's from now on. Not called while the channel is paused. */
  data(chunk: Buffer): void;
  /** The channel takes more again, after a `write` that answered false. */
  drain(): void;
  /**
   * The host sends no more, since it is gone or has closed its side. The listener answers what it has, and
   * then calls `release`; no `data` comes before that.
   */
  end(): void;
  /** The channel is broken for good. Nothing follows. */
  fatal(error: Error): void;
}

/**
 * A duplex byte stream to one host at a time. Hosts come and go; the channel stays.
 *
 * Bytes for a host that is gone are dropped without an error, and never delivered to the next one.
 */
export interface Channel {
  /**
   * Begins to serve hosts.
   *
   * @throws {AgentError} `channel`, with a line that names the device or socket and what to do
   */
  open(listener: ChannelListener): Promise<void>;
  /** Sends bytes to the host, in order. False asks the caller to hold back until `drain`. */
  write(bytes: Buffer): boolean;
  /** Stops `data` after at most one more chunk. */
  pause(): void;
  /** Lets `data` come again. */
  resume(): void;
  /** Answers `end`: the host has got all that it will get, and the next one may come. */
  release(): void;
  /** Ends for good; what has been written and not yet sent may be lost. Never rejects. */
  close(): Promise<void>;
}
