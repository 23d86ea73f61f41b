/** The largest messages that get through, in bytes of JSON. */
export interface TransportLimits {
  /** Of a request. */
  readonly request?: number;
  /** Of a reply. */
  readonly reply?: number;
}

/**
 * A connection that carries bytes to an agent and back. Iterating it gives the agent's bytes, once, in pieces that
 * may be overwritten when the next one is asked for; the iteration ends when the other side is gone, and throws if
 * the connection broke: a {@link GuestError} is what callers then get.
 *
 * {@link connect} brings one for each kind of target. Anything else that carries bytes can be used by
 * writing one and giving it to {@link openGuest}.
 */
export interface Transport extends AsyncIterable<Uint8Array>, AsyncDisposable {
  /** Where it leads, for messages: `unix:/run/vm1/qga.sock`. */
  readonly target: string;
  /** What this way carries at the most, where that is less than what agents themselves take and give. */
  readonly limits?: TransportLimits;
  /**
   * Sends bytes, which must not change any more. Resolves when the next ones are welcome; rejects if the
   * connection is gone. The order of calls is the order on the wire, whether they are awaited or not.
   *
   * @param patience milliseconds that the sender will wait for an answer, maybe `Infinity`: for a way that has to
   * tell somebody; most need not care
   */
  write(bytes: Uint8Array, patience?: number): Promise<void>;
}
