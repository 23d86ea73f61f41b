import { REPLY_LIMITS } from '@guestwire/protocol/wire';
import { GuestError, isGuestError } from '../guest-error.js';
import { invalidArgument } from '../invalid-argument.js';
import { type Deadline, pause, startDeadline } from '../time.js';
import type { TransportLimits } from '../transport/transport.js';
import { AgentSession, type Request } from './agent-session.js';
import type { Endpoint } from './endpoint.js';
import { type AgentDialect, randomId, synchronize, syncRequest, UNKNOWN_DIALECT } from './synchronize.js';

/**
 * Keeps host and agent synchronized, over one session or, if the endpoint reconnects, over successive ones. Never sends
 * a request twice. Serves one caller at a time.
 */
export class ReconnectingSession implements AsyncDisposable {
  readonly #endpoint: Endpoint;
  readonly #maxReply: number;
  readonly #disposed = new AbortController();
  #session: AgentSession | undefined;
  #generation = 0;
  #dialect: AgentDialect = UNKNOWN_DIALECT;
  /** False whenever a reply to an earlier call may still arrive. */
  #isSynchronized = false;

  /** @param maxReply the maximum size of a reply in bytes */
  constructor(endpoint: Endpoint, maxReply: number = REPLY_LIMITS.bytes) {
    if (!Number.isSafeInteger(maxReply) || maxReply < 1) {
      throw invalidArgument(`invalid maxReply ${maxReply}: give a number of bytes, or leave it out`);
    }
    this.#endpoint = endpoint;
    this.#maxReply = maxReply;
  }

  /** The largest messages that the transport carries, or that are accepted from a guest. */
  get limits(): TransportLimits {
    const carried = this.#session?.limits ?? {};
    const isLess = this.#maxReply < (carried.reply ?? REPLY_LIMITS.bytes);
    return isLess ? { ...carried, reply: this.#maxReply } : carried;
  }

  /** The number of sessions so far: in another one, another agent may answer. */
  get generation(): number {
    return this.#generation;
  }

  /** Synchronizes host and agent if needed; replaces a session that has ended if the endpoint reconnects. */
  async ensureSynchronized(deadline: Deadline): Promise<void> {
    const { reconnect } = this.#endpoint;
    const session = this.#session;
    if (session !== undefined && !(session.isOver && reconnect !== undefined)) {
      try {
        await this.#synchronize(session, deadline);
        return;
      } catch (error) {
        if (reconnect === undefined || deadline.isOver || !isGuestError(error, 'closed')) throw error;
      }
    }
    await session?.[Symbol.asyncDispose]();
    await this.#open(deadline);
  }

  /** Makes the next {@link ensureSynchronized} synchronize in any case. */
  invalidate(): void {
    this.#isSynchronized = false;
  }

  /** Runs one exchange. Unless it completes, host and agent are no longer synchronized. */
  async exchange<T>(request: Request<T>, deadline: Deadline): Promise<T> {
    const [result] = await this.pipeline([request], deadline);
    // One request, one result.
    return result as T;
  }

  /** Runs exchanges in order; where ids are echoed, the next request is sent before the last reply arrives. */
  async pipeline<T>(requests: Iterable<Request<T>>, deadline: Deadline): Promise<T[]> {
    if (this.#session === undefined) {
      throw new GuestError('closed', `${this.#endpoint.target}: not connected`);
    }
    this.#isSynchronized = false;
    const depth = this.#dialect.ids === 'echoed' ? 2 : 1;
    const results = await this.#session.pipeline(requests, depth, deadline);
    this.#isSynchronized = true;
    return results;
  }

  /** Returns a synchronization in the agent's dialect. */
  syncRequest(): Request<AgentDialect> {
    return syncRequest(this.#dialect);
  }

  /** Returns an `id` for a request, if the agent echoes ids. It is random, so that a damaged reply does not bear another's. */
  nextId(): number | undefined {
    return this.#dialect.ids === 'echoed' ? randomId() : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort(new GuestError('closed', `${this.#endpoint.target}: closed by its owner`));
    await this.#session?.[Symbol.asyncDispose]();
  }

  async #synchronize(session: AgentSession, deadline: Deadline): Promise<void> {
    // After unsolicited messages more may arrive at any time; a synchronization separates those that already have.
    if (!session.takeUnsolicited() && this.#isSynchronized) return;
    this.#isSynchronized = false;
    this.#dialect = await synchronize(session, this.#dialect, deadline, this.#endpoint.clock);
    this.#isSynchronized = true;
  }

  /** Opens a session: the first in one attempt, a later one in as many as the endpoint allows. */
  async #open(deadline: Deadline): Promise<void> {
    const { reconnect, clock } = this.#endpoint;
    const { attempts, delay } = (this.#generation > 0 && reconnect) || { attempts: 1, delay: 0 };
    const signal = AbortSignal.any([deadline.signal, this.#disposed.signal]);
    let last: GuestError | undefined;
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          await this.#attempt(signal);
          return;
        } catch (error) {
          if (signal.aborted || attempt >= attempts || !isGuestError(error)) throw error;
          last = error;
        }
        await pause(clock, delay, signal);
      }
    } catch (error) {
      if (last === undefined || error !== deadline.signal.reason || !isGuestError(error)) throw error;
      const message = `${error.message}; last attempt: ${last.message}`;
      throw new GuestError(error.code, message, { command: error.command, cause: last });
    }
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { target, timeout, clock } = this.#endpoint;
    using deadline = startDeadline({ timeout, signal }, target, undefined, clock);
    const session = new AgentSession(await this.#endpoint.open(deadline.signal), this.#maxReply);
    try {
      this.#dialect = await synchronize(session, UNKNOWN_DIALECT, deadline, clock);
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
    this.#session = session;
    this.#generation += 1;
    this.#isSynchronized = true;
  }
}
