import { CommandError } from '@guestwire/protocol';
import type { ParsedMessage } from '@guestwire/protocol/wire';
import type { Peer } from '../transport/peer.js';
import { Call } from './call.js';
import type { Clock } from './clock.js';
import type { CommandTraits } from './command-module.js';
import type { Dispatcher, EncodedReply } from './dispatcher.js';

/** A request that has run for this time is slow: independent ones no longer wait for it. */
const SLOW_MS = 1_000;

/** A host that synchronizes again after this time has given up on the request; libvirt waits as long. */
const GIVE_UP_MS = 5_000;

/** A `long` command may take this many times the usual limit. */
const LONG_FACTOR = 60;

/** Requests that are read ahead of a slow one. */
export const MAX_REQUESTS = 256;

export interface QueueOptions {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  /** Seconds after which a command is answered with an error; 0 for no limit. */
  readonly commandTimeout: number;
}

/** A request whose reply has not been taken yet. */
interface Entry {
  readonly incoming: ParsedMessage;
  readonly name: string;
  readonly traits: CommandTraits;
  readonly call: Call;
  state: 'waiting' | 'running' | 'slow' | 'done';
  /** The time of the clock at which the handler was called. */
  startedAt: number;
  reply: EncodedReply;
}

/**
 * The requests of one connection whose replies are due, in the order of their arrival. Each is carried out when all
 * earlier ones have ended; an independent one already when all earlier ones are slow or wait for a slow one. README.md
 * has the rules.
 */
export class RequestQueue {
  readonly #options: QueueOptions;
  readonly #entries: Entry[] = [];
  /** Called when a reply can be taken, or {@link slow} has changed. */
  onChange: () => void;
  #slow = 0;
  #cancelTimer: (() => void) | undefined;
  #timerDue = Number.POSITIVE_INFINITY;

  constructor(options: QueueOptions, onChange: () => void) {
    this.#options = options;
    this.onChange = onChange;
  }

  get empty(): boolean {
    return this.#entries.length === 0;
  }

  /** True while a request is slow. */
  get slow(): boolean {
    return this.#slow > 0;
  }

  /** True if another request may be added. */
  get open(): boolean {
    return this.empty || (this.slow && this.#entries.length < MAX_REQUESTS);
  }

  /**
   * Carries out a request, at once if it can be.
   * @param arrived the time of the clock at which its last byte arrived
   * @param peer the other end of the connection, if the channel has connections
   * @returns the reply if there is nothing to wait for; otherwise it can be taken later, in order
   */
  add(incoming: ParsedMessage, arrived: number, peer?: Peer): { readonly reply: EncodedReply } | undefined {
    if (this.empty) return this.#addFirst(incoming, peer);
    const { name, traits } = this.#options.dispatcher.describe(incoming);
    if (traits.synchronizes === true) this.#giveUp(name, arrived);
    this.#entries.push({
      incoming,
      name,
      traits,
      call: new Call(peer),
      state: 'waiting',
      startedAt: 0,
      reply: undefined,
    });
    this.#startReady();
    return undefined;
  }

  /** Returns the next reply if it is there, and forgets its request. */
  take(): { readonly reply: EncodedReply } | undefined {
    if (this.#entries[0]?.state !== 'done') return undefined;
    return this.#entries.shift();
  }

  /** The usual case: without an entry if the handler ends at once. */
  #addFirst(incoming: ParsedMessage, peer?: Peer): { readonly reply: EncodedReply } | undefined {
    const { dispatcher } = this.#options;
    const call = new Call(peer);
    const answer = dispatcher.answer(incoming, call);
    if (!(answer instanceof Promise)) return { reply: answer };
    const described = dispatcher.describe(incoming);
    const entry: Entry = { incoming, ...described, call, state: 'waiting', startedAt: 0, reply: undefined };
    this.#entries.push(entry);
    this.#watch(entry, answer);
    return undefined;
  }

  #startReady(): void {
    let ended = true;
    let slow = true;
    for (const entry of this.#entries) {
      if (entry.state === 'waiting' && (ended || (slow && this.#mayOvertake(entry)))) {
        if (!ended) this.#cancelWaiting(entry);
        this.#start(entry);
      }
      ended &&= entry.state === 'done';
      slow &&= entry.state !== 'running';
      if (!slow) return;
    }
  }

  #mayOvertake(entry: Entry): boolean {
    const { independent = false, dependsOn = [] } = entry.traits;
    return independent && this.#waitingBefore(entry, dependsOn).length === 0;
  }

  /** A thaw that overtakes a freeze must not be followed by that freeze: the host has sent nothing to end it. */
  #cancelWaiting(entry: Entry): void {
    for (const cancelled of this.#waitingBefore(entry, entry.traits.cancels ?? [])) {
      this.#abandon(cancelled, `was not carried out: ${entry.name} came before it had begun`);
    }
  }

  /** Returns the earlier requests of certain commands that have not begun. */
  #waitingBefore(entry: Entry, names: readonly string[]): readonly Entry[] {
    const earlier = this.#entries.slice(0, this.#entries.indexOf(entry));
    return earlier.filter(({ state, name }) => state === 'waiting' && names.includes(name));
  }

  #start(entry: Entry): void {
    const answer = this.#options.dispatcher.answer(entry.incoming, entry.call);
    if (answer instanceof Promise) this.#watch(entry, answer);
    else this.#end(entry, answer);
  }

  #watch(entry: Entry, answer: Promise<EncodedReply>): void {
    entry.state = 'running';
    entry.startedAt = this.#options.clock.now();
    this.#schedule(entry.startedAt + SLOW_MS);
    // The promise of a dispatcher does not reject.
    void answer.then((reply) => {
      if (entry.state === 'done') return;
      this.#end(entry, reply);
      this.#startReady();
      this.onChange();
    });
  }

  #end(entry: Entry, reply: EncodedReply): void {
    if (entry.state === 'slow') this.#slow -= 1;
    entry.state = 'done';
    entry.reply = reply;
  }

  /** Answers all requests before a synchronization, if one has run for so long that the host has given up on it. */
  #giveUp(name: string, arrived: number): void {
    const { clock } = this.#options;
    if (!this.#entries.some((entry) => entry.state === 'slow' && arrived - entry.startedAt >= GIVE_UP_MS))
      return;
    for (const entry of this.#entries) {
      if (entry.state === 'done') continue;
      const problem =
        entry.state === 'waiting'
          ? `was not carried out: the host sent ${name} while an earlier command was slow`
          : `has not ended after ${seconds(clock.now() - entry.startedAt)}, when the host sent ${name}; it may continue in the background`;
      this.#abandon(entry, problem);
    }
  }

  #abandon(entry: Entry, problem: string): void {
    const error = new CommandError(`${entry.name} ${problem}`);
    this.#end(entry, this.#options.dispatcher.refuse(entry.incoming, error, entry.call));
    entry.call.abandon(error);
  }

  /** Marks slow requests, and answers those whose time is over. */
  #checkTimes(): void {
    const now = this.#options.clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const entry of this.#entries) {
      if (entry.state === 'running' && now - entry.startedAt >= SLOW_MS) {
        entry.state = 'slow';
        this.#slow += 1;
      }
      const limit = this.#limitOf(entry);
      if (entry.state === 'slow' && now - entry.startedAt >= limit) {
        const problem = `has not ended after ${seconds(limit)}; it continues in the background`;
        this.#abandon(entry, problem);
      }
      if (entry.state === 'running') next = Math.min(next, entry.startedAt + SLOW_MS);
      if (entry.state === 'slow') next = Math.min(next, entry.startedAt + limit);
    }
    this.#schedule(next);
    this.#startReady();
    this.onChange();
  }

  /** Returns the time limit in milliseconds, at least that after which a request is slow. */
  #limitOf({ traits: { timeLimit } }: Entry): number {
    const { commandTimeout } = this.#options;
    if (timeLimit === 'own' || commandTimeout === 0) return Number.POSITIVE_INFINITY;
    return commandTimeout * 1000 * (timeLimit === 'long' ? LONG_FACTOR : 1);
  }

  /** Starts the timer. It is not stopped when a request ends, since most take microseconds. */
  #schedule(due: number): void {
    if (due >= this.#timerDue || due === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer?.();
    this.#timerDue = due;
    this.#cancelTimer = this.#options.clock.after(due - this.#options.clock.now(), () => {
      this.#timerDue = Number.POSITIVE_INFINITY;
      this.#cancelTimer = undefined;
      this.#checkTimes();
    });
  }
}

function seconds(ms: number): string {
  const count = Math.floor(ms / 1000);
  return count === 1 ? '1 second' : `${count} seconds`;
}
