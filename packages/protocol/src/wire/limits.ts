/** How much one message may hold. What exceeds a limit is answered with its error, and dropped. */
export interface MessageLimits {
  /** The bytes of all tokens together must be fewer than this, and no token may be longer. */
  readonly bytes: number;
  /** Most tokens. */
  readonly tokens: number;
  /** Most braces and brackets open at once. */
  readonly depth: number;
}

/** What the agent takes from a host (qemu-ga §1.3). */
export const REQUEST_LIMITS: MessageLimits = { bytes: 64 * 2 ** 20, tokens: 2 ** 21, depth: 1024 };

/**
 * What a host takes from a guest. A `guest-file-read` of 48 MiB answers with 64 MiB of base64 and its frame,
 * which is more than the agent itself would take.
 */
export const REPLY_LIMITS: MessageLimits = { bytes: 80 * 2 ** 20, tokens: 2 ** 21, depth: 1024 };
