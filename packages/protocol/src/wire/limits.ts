/** The largest sizes of one message. A message beyond a limit is replied to with an error, and dropped. */
export interface MessageLimits {
  /** All tokens together have fewer bytes than this, and no token has more. */
  readonly bytes: number;
  readonly tokens: number;
  /** Braces and brackets open at the same time. */
  readonly depth: number;
}

/** The limits of the agent (qemu-ga §1.3). */
export const REQUEST_LIMITS: MessageLimits = { bytes: 64 * 2 ** 20, tokens: 2 ** 21, depth: 1024 };

/** The limits of a host: a `guest-file-read` of 48 MiB has a reply with 64 MiB of base64, more than the agent itself accepts. */
export const REPLY_LIMITS: MessageLimits = { bytes: 80 * 2 ** 20, tokens: 2 ** 21, depth: 1024 };
