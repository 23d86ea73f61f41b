import { type ReplyEvent, ReplyReader, replyLimits } from '@guestwire/protocol';
import type { Deadline } from '../deadline.js';
import { GuestError, isGuestError } from '../guest-error.js';
import type { Transport, TransportLimits } from '../transport/transport.js';

/** Looks at what the guest sent and gives a result once it has seen enough; may throw. */
export type Judge<T> = (event: ReplyEvent) => T | undefined;

/** A request, and what recognises the answer to it. */
export interface Question<T> {
  readonly request: Iterable<Uint8Array>;
  readonly judge: Judge<T>;
}

const LINE_FEED = 0x0a;
/** Ends, for a {@link ReplyReader}, whatever stands unfinished. */
const reset = Uint8Array.of(0xff);

/**
 * The bytes of one connection as questions and answers, one at a time. What the guest sends without being
 * asked is dropped as it comes, so that a guest cannot make its host hold more than one message.
 */
export class Conversation implements AsyncDisposable {
  readonly #transport: Transport;
  readonly #reader: ReplyReader;
  #listen: ((event: ReplyEvent) => void) | undefined;
  /** Ends the exchange under way. No promise lasts as long as the conversation: whatever was raced with it would be kept by it. */
  #fail: ((error: unknown) => void) | undefined;
  /** Why nothing can be asked any more. */
  #problem: unknown;
  #unasked = false;
  #over = false;

  /** @param maxReply the most bytes that one reply may have */
  constructor(transport: Transport, maxReply: number) {
    this.#transport = transport;
    this.#reader = new ReplyReader({ ...replyLimits, bytes: maxReply });
    // Whoever waits is told; if nobody waits, the next one who asks is told.
    this.#receive().catch((error: unknown) => {
      this.#problem = error;
      this.#fail?.(error);
    });
  }

  /** What its transport carries at the most. */
  get limits(): TransportLimits {
    return this.#transport.limits ?? {};
  }

  /** True once nothing can be asked any more. */
  get over(): boolean {
    return this.#over;
  }

  /**
   * Sends a request and shows the judge everything that comes back, until it gives a result.
   *
   * @throws whatever the judge throws, the deadline's reason, or a {@link GuestError} `closed`
   */
  async ask<T>(request: Iterable<Uint8Array>, judge: Judge<T>, deadline: Deadline): Promise<T> {
    const [result] = await this.askAll([{ request, judge }], 1, deadline);
    // One question, one answer.
    return result as T;
  }

  /**
   * Asks several questions, one after the other, but sends up to `ahead` of them before the first is answered. What
   * comes back is shown to the judge of the first that is not.
   *
   * @throws as {@link ask}; the questions that had been sent are left unanswered then
   */
  async askAll<T>(questions: Iterable<Question<T>>, ahead: number, deadline: Deadline): Promise<T[]> {
    deadline.throwIfOver();
    if (this.#problem !== undefined) throw this.#problem;
    // Once this is over, whatever it ended by, the way belongs to the next one who asks.
    let over = false;
    const unanswered: { readonly judge: Judge<T>; readonly settle: (result: T) => void }[] = [];
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
      this.#listen = (event) => {
        const [first] = unanswered;
        if (first === undefined) {
          this.#unasked = true;
          return;
        }
        try {
          const result = first.judge(event);
          if (result === undefined) return;
          unanswered.shift();
          first.settle(result);
        } catch (error) {
          reject(error);
        }
      };
    });
    const exchange = async (): Promise<T[]> => {
      const answers: Promise<T>[] = [];
      for (const { request, judge } of questions) {
        await answers.at(-ahead);
        const answer = new Promise<T>((settle) => unanswered.push({ judge, settle }));
        answers.push(answer);
        for (const bytes of request) {
          if (over || deadline.over) break;
          // A guest that answers before it has read all has answered.
          await Promise.race([this.#transport.write(bytes, deadline.left()), answer]);
        }
      }
      return await Promise.all(answers);
    };
    try {
      return await deadline.race(Promise.race([exchange(), failed]));
    } finally {
      over = true;
      this.#listen = undefined;
      this.#fail = undefined;
    }
  }

  /**
   * True if the guest has said something that nobody had asked for, or has begun to; then false until it does so
   * again.
   */
  takeUnasked(): boolean {
    const unasked = this.#unasked || this.#reader.unfinished;
    this.#unasked = false;
    return unasked;
  }

  async #receive(): Promise<never> {
    let cause: unknown;
    try {
      for await (const bytes of this.#transport) this.#hear(bytes);
    } catch (error) {
      // A transport that knows why it ended says so.
      if (isGuestError(error)) throw error;
      cause = error;
    } finally {
      this.#over = true;
    }
    throw new GuestError('closed', `${this.#transport.target}: the connection ended`, { cause });
  }

  /**
   * A reply is one line (qemu-ga §1.1), so a line feed ends whatever stands before it: half a reply that an
   * earlier host left unread spoils nothing beyond its line.
   */
  #hear(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; ) {
      const at = bytes.indexOf(LINE_FEED, start);
      const end = at < 0 ? bytes.length : at + 1;
      this.#take(bytes.subarray(start, end));
      if (at >= 0) this.#take(reset);
      start = end;
    }
  }

  #take(bytes: Uint8Array): void {
    this.#reader.push(bytes);
    for (let event = this.#reader.next(); event !== undefined; event = this.#reader.next()) {
      if (this.#listen === undefined) this.#unasked = true;
      else this.#listen(event);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    await this.#transport[Symbol.asyncDispose]();
  }
}
