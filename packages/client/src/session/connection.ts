import { replyLimits } from '@guestwire/protocol';
import { type Deadline, startDeadline, withLeft } from '../deadline.js';
import { GuestError, isGuestError } from '../guest-error.js';
import { pause } from '../pause.js';
import type { TransportLimits } from '../transport/transport.js';
import { Conversation, type Judge, type Question } from './conversation.js';
import { freshId, type Manner, prepareSync, type Sync, synchronise, unknownAgent } from './synchronise.js';
import type { Way } from './way.js';

/**
 * Keeps host and guest in step, over one conversation or, where the way can be gone again, over one after the other.
 * Nothing of a caller's is ever sent twice.
 *
 * It serves one caller at a time.
 */
export class Connection implements AsyncDisposable {
  readonly #way: Way;
  readonly #maxReply: number;
  readonly #disposed = new AbortController();
  #conversation: Conversation | undefined;
  #conversations = 0;
  #manner: Manner = unknownAgent;
  /** False whenever a reply of an earlier call may still come. */
  #inStep = false;

  /**
   * @param maxReply the most bytes that one reply may have
   * @throws {TypeError} if that makes no sense
   */
  constructor(way: Way, maxReply: number = replyLimits.bytes) {
    if (!Number.isSafeInteger(maxReply) || maxReply < 1) {
      throw new TypeError(`maxReply is ${maxReply}: give a whole number of bytes, or leave it out`);
    }
    this.#way = way;
    this.#maxReply = maxReply;
  }

  /** The longest messages: what the way carries, and what is taken from a guest. */
  get limits(): TransportLimits {
    const carried = this.#conversation?.limits ?? {};
    const isLess = this.#maxReply < (carried.reply ?? replyLimits.bytes);
    return isLess ? { ...carried, reply: this.#maxReply } : carried;
  }

  /** How many conversations have begun: whoever answers in another one may be another agent. */
  get conversations(): number {
    return this.#conversations;
  }

  /**
   * Brings both sides into step, in a new conversation where the old one has ended and another one may follow.
   *
   * @throws {GuestError} `closed`, or the deadline's reason
   */
  async getInStep(deadline: Deadline): Promise<void> {
    const { reconnect } = this.#way;
    const known = this.#conversation;
    if (known !== undefined && !(known.over && reconnect !== undefined)) {
      try {
        await this.#synchronise(known, deadline);
        return;
      } catch (error) {
        if (reconnect === undefined || deadline.over || !isGuestError(error, 'closed')) throw error;
      }
    }
    await known?.[Symbol.asyncDispose]();
    await this.#begin(deadline);
  }

  /** Makes the next one who asks bring both sides into step. */
  loseStep(): void {
    this.#inStep = false;
  }

  /** One exchange. Until it has come to its end, host and guest are not in step. */
  async exchange<T>(request: Iterable<Uint8Array>, judge: Judge<T>, deadline: Deadline): Promise<T> {
    const [result] = await this.exchangeAll([{ request, judge }], deadline);
    // One question, one answer.
    return result as T;
  }

  /**
   * Several exchanges, one after the other. Where answers can be told apart, the next request is on its way before
   * the last answer has come, so that neither side waits for the other.
   */
  async exchangeAll<T>(questions: Iterable<Question<T>>, deadline: Deadline): Promise<T[]> {
    if (this.#conversation === undefined)
      throw new GuestError('closed', `${this.#way.target}: not connected`);
    this.#inStep = false;
    const ahead = this.#manner.ids === 'given back' ? 2 : 1;
    const results = await this.#conversation.askAll(questions, ahead, deadline);
    this.#inStep = true;
    return results;
  }

  /** A synchronisation in the manner of the agent. */
  prepareSync(): Sync {
    return prepareSync(this.#manner);
  }

  /**
   * An `id` for the next request, if the agent gives ids back. It is random, so that a reply that was damaged on
   * its way does not bear another's.
   */
  takeId(): number | undefined {
    return this.#manner.ids === 'given back' ? freshId() : undefined;
  }

  /** Ends the conversation, for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort(
      new GuestError('closed', `${this.#way.target}: the connection was closed by its owner`),
    );
    await this.#conversation?.[Symbol.asyncDispose]();
  }

  async #synchronise(conversation: Conversation, deadline: Deadline): Promise<void> {
    // Who talks without being asked may do so again at any time; what was said before is told apart by this.
    if (!conversation.takeUnasked() && this.#inStep) return;
    this.#inStep = false;
    this.#manner = await synchronise(conversation, this.#manner, deadline, this.#way.clock);
    this.#inStep = true;
  }

  /** Begins a conversation: the first one in one attempt, a later one as often as was agreed. */
  async #begin(deadline: Deadline): Promise<void> {
    const { attempts, delay } = (this.#conversations > 0 && this.#way.reconnect) || { attempts: 1, delay: 0 };
    const signal = AbortSignal.any([deadline.signal, this.#disposed.signal]);
    let problem: GuestError | undefined;
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          await this.#attempt(signal, deadline);
          return;
        } catch (error) {
          if (signal.aborted || attempt >= attempts || !isGuestError(error)) throw error;
          problem = error;
        }
        await pause(this.#way.clock, delay, signal);
      }
    } catch (error) {
      if (problem === undefined || error !== deadline.signal.reason || !isGuestError(error)) throw error;
      // That time has run out says little of what was tried meanwhile.
      const message = `${error.message}; the last attempt to connect: ${problem.message}`;
      throw new GuestError(error.code, message, { command: error.command, cause: problem });
    }
  }

  async #attempt(signal: AbortSignal, outer: Deadline): Promise<void> {
    signal.throwIfAborted();
    const { target, timeout, clock } = this.#way;
    using inner = startDeadline({ timeout, signal }, target, undefined, clock);
    const conversation = new Conversation(await this.#way.open(inner.signal), this.#maxReply);
    try {
      const both = withLeft(inner, () => Math.min(inner.left(), outer.left()));
      this.#manner = await synchronise(conversation, unknownAgent, both, clock);
    } catch (error) {
      await conversation[Symbol.asyncDispose]();
      throw error;
    }
    this.#conversation = conversation;
    this.#conversations += 1;
    this.#inStep = true;
  }
}
