import type { CommandError, ErrorBody } from '@guestwire/protocol';
import type { Peer } from '../transport/peer.js';
import type { CommandContext } from './command-module.js';
import type { CommandObservation, Verdict } from './command-observer.js';

/** One request that is carried out: what its handler receives, and what the handler has asked for. */
export class Call implements CommandContext {
  /** The other end of the connection, if the channel has connections. */
  readonly peer: Peer | undefined;
  /** Absent without an observer, and after {@link finished}. */
  observation: CommandObservation | undefined;
  verdict: Verdict = 'refused';
  #delimited = false;
  /** Created on demand, since few handlers use the signal. */
  #controller: AbortController | undefined;
  #abandoned: CommandError | undefined;

  constructor(peer?: Peer) {
    this.peer = peer;
  }

  get delimited(): boolean {
    return this.#delimited;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#abandoned !== undefined) this.#controller.abort(this.#abandoned);
    return this.#controller.signal;
  }

  delimitReply(): void {
    this.#delimited = true;
  }

  /** Ends the observation: the reply is known. A handler may end later, when its result is not awaited any more. */
  finished(error?: ErrorBody): void {
    const { observation } = this;
    this.observation = undefined;
    observation?.finished(this.verdict, error);
  }

  /** Tells the handler that its result is not awaited any more. */
  abandon(reason: CommandError): void {
    this.#abandoned = reason;
    this.#controller?.abort(reason);
  }
}
