/** The largest messages that a transport carries, in bytes of JSON. */
export interface TransportLimits {
  readonly request?: number;
  readonly reply?: number;
}

/**
 * A duplex byte stream to an agent. It is iterated once, for the agent's bytes; a chunk may be overwritten when the next
 * one is requested. The iteration ends with the connection, and throws if that broke: callers then get a
 * {@link GuestError}.
 *
 * {@link connect} opens one for each kind of target; {@link openGuest} accepts any other implementation.
 */
export interface Transport extends AsyncIterable<Uint8Array>, AsyncDisposable {
  /** The target, for messages: `unix:/run/vm1/qga.sock`. */
  readonly target: string;
  /** The largest messages, where that is less than agents accept and send. */
  readonly limits?: TransportLimits;
  /**
   * Sends bytes, which must not change afterwards. Resolves when more can be sent; rejects if the connection has ended.
   * The order of calls is the order on the wire, whether they are awaited or not.
   *
   * @param timeout milliseconds until the sender stops waiting for a reply, or `Infinity`; for transports that must pass
   * it on
   */
  write(bytes: Uint8Array, timeout?: number): Promise<void>;
}
