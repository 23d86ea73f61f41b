import { type ReplyEvent, ReplyReader } from '@guestwire/protocol';
import { REPLY_LIMITS } from '@guestwire/protocol/wire';
import { GuestError, isGuestError } from '../guest-error.js';
import type { Deadline } from '../time.js';
import type { Transport, TransportLimits } from '../transport/transport.js';

/** Receives the guest's messages and returns a result once it has seen the reply; may throw. */
export type ReplyMatcher<T> = (event: ReplyEvent) => T | undefined;

/** The bytes of a request, and the matcher of its reply. */
export interface Request<T> {
  readonly bytes: Iterable<Uint8Array>;
  readonly match: ReplyMatcher<T>;
}

const LINE_FEED = 0x0a;
/** Makes a {@link ReplyReader} drop an unfinished message. */
const RESET = Uint8Array.of(0xff);

/**
 * Requests and replies over one transport, for one caller at a time. Unsolicited messages are dropped as they
 * arrive, so that a guest cannot make its host hold more than one message.
 */
export class AgentSession implements AsyncDisposable {
  readonly #transport: Transport;
  readonly #reader: ReplyReader;
  #listener: ((event: ReplyEvent) => void) | undefined;
  /** Fails the exchange under way. A promise that lasts as long as the session would retain all that was raced with it. */
  #fail: ((error: unknown) => void) | undefined;
  /** Why no more requests can be sent. */
  #error: unknown;
  #hasUnsolicited = false;
  #isOver = false;

  /** @param maxReply the maximum size of a reply in bytes */
  constructor(transport: Transport, maxReply: number) {
    this.#transport = transport;
    this.#reader = new ReplyReader({ ...REPLY_LIMITS, bytes: maxReply });
    // The exchange under way fails; without one, the next exchange does.
    this.#receive().catch((error: unknown) => {
      this.#error = error;
      this.#fail?.(error);
    });
  }

  get limits(): TransportLimits {
    return this.#transport.limits ?? {};
  }

  /** True once no more requests can be sent. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Sends requests in order, up to `depth` of them before the first is answered. What arrives is passed to the matcher
   * of the first unanswered one. After an error, requests already sent remain unanswered.
   */
  async pipeline<T>(requests: Iterable<Request<T>>, depth: number, deadline: Deadline): Promise<T[]> {
    deadline.throwIfOver();
    if (this.#error !== undefined) throw this.#error;
    let isOver = false;
    const unanswered: { readonly match: ReplyMatcher<T>; readonly resolve: (result: T) => void }[] = [];
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
      this.#listener = (event) => {
        const [first] = unanswered;
        if (first === undefined) {
          this.#hasUnsolicited = true;
          return;
        }
        try {
          const result = first.match(event);
          if (result === undefined) return;
          unanswered.shift();
          first.resolve(result);
        } catch (error) {
          reject(error);
        }
      };
    });
    const sendAll = async (): Promise<T[]> => {
      const results: Promise<T>[] = [];
      for (const { bytes, match } of requests) {
        await results.at(-depth);
        const result = new Promise<T>((resolve) => unanswered.push({ match, resolve }));
        results.push(result);
        for (const piece of bytes) {
          if (isOver || deadline.isOver) break;
          // The guest may reply before it has read the whole request.
          await Promise.race([this.#transport.write(piece, deadline.remainingMs()), result]);
        }
      }
      return await Promise.all(results);
    };
    try {
      return await deadline.race(Promise.race([sendAll(), failed]));
    } finally {
      // Whatever ended it, the transport now belongs to the next exchange.
      isOver = true;
      this.#listener = undefined;
      this.#fail = undefined;
    }
  }

  /** Returns true if an unsolicited message, or the beginning of one, has arrived since the last call. */
  takeUnsolicited(): boolean {
    const result = this.#hasUnsolicited || this.#reader.unfinished;
    this.#hasUnsolicited = false;
    return result;
  }

  async #receive(): Promise<never> {
    let cause: unknown;
    try {
      for await (const bytes of this.#transport) this.#splitLines(bytes);
    } catch (error) {
      // The transport knows the reason.
      if (isGuestError(error)) throw error;
      cause = error;
    } finally {
      this.#isOver = true;
    }
    throw new GuestError('closed', `${this.#transport.target}: connection closed`, { cause });
  }

  /** A reply is one line (qemu-ga §1.1), so a line feed ends half a reply that an earlier host left unread. */
  #splitLines(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; ) {
      const at = bytes.indexOf(LINE_FEED, start);
      const end = at < 0 ? bytes.length : at + 1;
      this.#push(bytes.subarray(start, end));
      if (at >= 0) this.#push(RESET);
      start = end;
    }
  }

  #push(bytes: Uint8Array): void {
    this.#reader.push(bytes);
    for (let event = this.#reader.next(); event !== undefined; event = this.#reader.next()) {
      if (this.#listener === undefined) this.#hasUnsolicited = true;
      else this.#listener(event);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#transport[Symbol.asyncDispose]();
  }
}
