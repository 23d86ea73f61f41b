import {
  checkReply,
  commands,
  encodeRequest,
  type GuestReply,
  type ReplyEvent,
  WireError,
  WireObject,
  type WireValue,
} from '@guestwire/protocol';
import type { CommandDescriptor, ReturnsOf } from '@guestwire/qapi/descriptor';
import type { CallParameters, GuestCalls } from './calls.js';
import { type Capabilities, readCapabilities, unsupportedError } from './capabilities.js';
import type { Clock } from './clock.js';
import { type Commands, isSilent } from './contract.js';
import { type CallOptions, type Deadline, startDeadline } from './deadline.js';
import { type ExecOptions, exec } from './exec/exec.js';
import type { ExecResult } from './exec/process.js';
import { GuestFiles } from './files/guest-files.js';
import { type FreezeOptions, freeze } from './freeze/freeze.js';
import type { FrozenGuest } from './freeze/frozen-guest.js';
import { errorFromGuest, GuestError, isGuestError } from './guest-error.js';
import { asOfToday } from './old-replies.js';
import { Connection } from './session/connection.js';
import type { Judge, Question } from './session/conversation.js';
import { answersReset } from './session/synchronise.js';
import type { Way } from './session/way.js';
import type { TransportLimits } from './transport/transport.js';
import { type Condition, type Met, type ProbeOf, type WaitOptions, waitFor } from './wait/wait-for.js';

/** What a guest is opened with. */
export interface GuestOptions {
  /** Milliseconds that a call may take if it names no time of its own; 30 000 if absent. */
  readonly callTimeout?: number;
  /** What all time limits are measured with; the system's clock if absent. */
  readonly clock?: Clock;
  /**
   * The most bytes that one reply of the guest may have; 80 MiB if absent, which holds the longest answer that an
   * agent gives. A longer one is dropped as it comes, and the call is rejected with `protocol`.
   */
  readonly maxReply?: number;
}

const DEFAULT_CALL_TIMEOUT = 30_000;

/** A custom condition to wait for: met when it resolves to anything but `undefined`. */
export type Probe<T> = ProbeOf<Guest, T>;

/**
 * A guest, through one connection to its agent.
 *
 * Any number of callers may share it: calls are sent one at a time, in the order in which they were made.
 * Each has an `id` of its own, and only the reply that gives it back is taken for its answer; an agent that
 * does not give ids back (QEMU before 3.0) answers in order, and what comes first is the answer. A call that
 * ran out of time or was given up leaves a reply behind; before the next command the two sides are brought
 * into step again.
 *
 * Every rejection is a {@link GuestError}. The guest is not trusted: what it sends is checked, and held in
 * bounded memory.
 */
export class Guest implements GuestCalls, AsyncDisposable {
  readonly #way: Way;
  readonly #options: GuestOptions;
  readonly #connection: Connection;
  /** Its files. */
  readonly files: GuestFiles;
  #lastTurn: Promise<void> = Promise.resolve();
  /** What the agent of one conversation said of itself. */
  #known: { readonly capabilities: Capabilities; readonly conversation: number } | undefined;

  /** @internal Use {@link connect} or {@link openGuest}, which also make sure that somebody answers. */
  constructor(way: Way, options: GuestOptions) {
    this.#way = way;
    this.#options = options;
    this.#connection = new Connection(way, options.maxReply);
    this.files = new GuestFiles(this);
  }

  /** Where the connection leads: `unix:/run/vm1/qga.sock`. */
  get target(): string {
    return this.#way.target;
  }

  /** What its time limits are measured with. */
  get clock(): Clock {
    return this.#way.clock;
  }

  /** The largest messages that its connection carries, where that is less than what agents take and give. */
  get messageLimits(): TransportLimits {
    return this.#connection.limits;
  }

  /** Whether a call opens a new connection when the old one has ended. */
  get reconnects(): boolean {
    return this.#way.reconnect !== undefined;
  }

  /**
   * Carries out a command of the contract and gives what it returns, checked.
   *
   * A command that answers nothing when it succeeds (`guest-shutdown`, `guest-suspend-disk`) is followed by a
   * synchronisation: the call resolves when that is answered, since agents answer in order and an error would
   * have come first. It also resolves when the connection ends instead, as it does when the machine goes down;
   * that the machine crashed cannot be told from that.
   */
  async call<Name extends keyof Commands>(
    name: Name,
    ...parameters: CallParameters<Commands[Name]>
  ): Promise<ReturnsOf<Commands[Name]>> {
    // Whatever the command, its parameters have this shape; the compiler cannot see through the condition.
    const [args, options] = parameters as readonly [args?: object, options?: CallOptions];
    return checked(name, await this.callRaw(name, args, options));
  }

  /**
   * Carries out a command several times in one turn, with these arguments, one after the other; the next request is on
   * its way before the last reply has come, where the agent lets replies be told apart. All of them are carried out,
   * also when one has failed.
   *
   * @param read makes of what is returned what is wanted of it, as soon as it comes
   * @param options hold for all of them together
   * @returns that of those that came before the first that failed, and why that did
   * @internal For transfers: of requests that were given up, two may still be carried out.
   */
  async pipeline<Name extends keyof Commands, T>(
    name: Name,
    all: readonly object[],
    read: (returned: ReturnsOf<Commands[Name]>) => T,
    options: CallOptions = {},
  ): Promise<{ readonly returned: readonly T[]; readonly error?: GuestError }> {
    using deadline = this.#startDeadline(options, name, name);
    return await this.#inTurn(deadline, async () => {
      await this.#connection.getInStep(deadline);
      const questions = all.map((args) => {
        const { request, judge } = this.#question(name, args);
        return {
          request,
          judge(event: ReplyEvent) {
            const reply = judge(event);
            if (reply?.error !== undefined) return { error: errorFromGuest(name, reply.error) };
            return reply && { value: read(checked(name, reply.return)) };
          },
        };
      });
      const returned: T[] = [];
      for (const result of await this.#connection.exchangeAll(questions, deadline)) {
        if (result.error !== undefined) return { returned, error: result.error };
        returned.push(result.value);
      }
      return { returned };
    });
  }

  /**
   * Carries out any command, with any arguments, and gives what came back as it came: an integer is a `number`
   * where that is exact, else a `bigint`. For a command that answers nothing, an empty object.
   */
  async callRaw(name: string, args?: object, options: CallOptions = {}): Promise<WireValue> {
    using deadline = this.#startDeadline(options, name, name);
    return await this.#inTurn(deadline, async () => {
      await this.#connection.getInStep(deadline);
      try {
        return await (isSilent(name) ? this.#tell(name, args, deadline) : this.#ask(name, args, deadline));
      } catch (error) {
        if (!isGuestError(error, 'unsupported')) throw error;
        throw unsupportedError(error, name, await this.#versionForError(name, deadline));
      }
    });
  }

  /**
   * What the agent is and can do, as it says itself: asked once in each connection.
   *
   * @throws {GuestError} as for any call; `protocol` if it says no such thing
   */
  async capabilities(options: CallOptions = {}): Promise<Capabilities> {
    using deadline = this.#startDeadline(options, 'guest-info', 'guest-info');
    return await this.#inTurn(deadline, async () => {
      await this.#connection.getInStep(deadline);
      const { conversations } = this.#connection;
      if (this.#known?.conversation === conversations) return this.#known.capabilities;
      return await this.#askCapabilities(deadline);
    });
  }

  /** Brings both sides into step, which also shows that somebody answers. Calls do it by themselves where it is needed. */
  async synchronize(options: CallOptions = {}): Promise<void> {
    using deadline = this.#startDeadline(options, this.target);
    await this.#inTurn(deadline, async () => {
      this.#connection.loseStep();
      await this.#connection.getInStep(deadline);
    });
  }

  /** Runs a program in the guest and waits for its end: see {@link exec}. */
  exec(command: string, args: readonly string[] = [], options: ExecOptions = {}): Promise<ExecResult> {
    return exec(this, command, args, options);
  }

  /** Freezes filesystems of the guest for as long as a scope lasts: see {@link freeze}. */
  freeze(options: FreezeOptions = {}): Promise<FrozenGuest> {
    return freeze(this, options);
  }

  /** Waits until a condition is met: see {@link waitFor}. */
  waitFor<const C extends Condition | Probe<unknown>>(
    condition: C,
    options: WaitOptions = {},
  ): Promise<Met<C>> {
    return waitFor(this, condition, options);
  }

  /**
   * Opens another connection to the same agent, for the caller to close.
   *
   * @throws {GuestError} `closed` if it cannot be opened, or the guest was opened over a transport of the caller's own
   */
  async reopen(options: CallOptions = {}): Promise<Guest> {
    const other = new Guest(this.#way, this.#options);
    try {
      await other.synchronize({ timeout: this.#way.timeout, ...options });
      return other;
    } catch (error) {
      await other.close();
      throw error;
    }
  }

  /** Ends the connection; calls that wait are rejected with `closed`. */
  async close(): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #startDeadline(options: CallOptions, what: string, command?: string): Deadline {
    const timeout = this.#options.callTimeout ?? DEFAULT_CALL_TIMEOUT;
    return startDeadline({ timeout, ...options }, what, command, this.clock);
  }

  /** Waits until all earlier calls are through. */
  async #inTurn<T>(deadline: Deadline, work: () => Promise<T>): Promise<T> {
    const before = this.#lastTurn;
    // A turn ends when its work is over, or at once if its caller has gone meanwhile; the next begins after both.
    const result = deadline.race(before).then(work);
    this.#lastTurn = Promise.allSettled([before, result]).then(() => {});
    return await result;
  }

  async #ask(name: string, args: object | undefined, deadline: Deadline): Promise<WireValue> {
    const { request, judge } = this.#question(name, args);
    return returnedIn(await this.#connection.exchange(request, judge, deadline), name);
  }

  #question(name: string, args: object | undefined): Question<GuestReply> {
    const id = this.#connection.takeId();
    return { request: encode(name, args, id), judge: (event) => replyTo(id, event, name, this.target) };
  }

  /** For a command that answers nothing: what follows it answers in its place. */
  async #tell(name: string, args: object | undefined, deadline: Deadline): Promise<WireValue> {
    const id = this.#connection.takeId();
    const sync = this.#connection.prepareSync();
    let failed: GuestReply | undefined;
    const judge: Judge<'done'> = (event) => {
      if (sync.answeredBy(event) !== undefined) return 'done';
      failed = replyTo(id, event, name, this.target) ?? failed;
      return undefined;
    };
    try {
      await this.#connection.exchange([...encode(name, args, id), ...sync.request], judge, deadline);
    } catch (error) {
      if (!isGuestError(error, 'closed')) throw error;
    }
    return failed === undefined ? WireObject.empty : returnedIn(failed, name);
  }

  async #askCapabilities(deadline: Deadline): Promise<Capabilities> {
    const capabilities = readCapabilities(await this.#ask('guest-info', undefined, deadline));
    this.#known = { capabilities, conversation: this.#connection.conversations };
    return capabilities;
  }

  /** The agent may have been exchanged for another one behind the connection, so it is asked again. */
  async #versionForError(command: string, deadline: Deadline): Promise<string | undefined> {
    if (command === 'guest-info') return undefined;
    try {
      await this.#connection.getInStep(deadline);
      return (await this.#askCapabilities(deadline)).version;
    } catch {
      return undefined;
    }
  }
}

/** What a command of the contract returns, made sure of. */
function checked<Name extends keyof Commands>(name: Name, value: WireValue): ReturnsOf<Commands[Name]> {
  const command: CommandDescriptor = commands[name];
  try {
    // The descriptor of `name` carries this very type, and the check makes it true.
    return (command.successResponse ? checkReply(command, asOfToday(name, value)) : undefined) as ReturnsOf<
      Commands[Name]
    >;
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    throw new GuestError('protocol', cause.message, { command: name, cause });
  }
}

/** The request, encoded while it is sent. */
function* encode(
  name: string,
  args: object | undefined,
  id: number | undefined,
): Generator<Uint8Array, void, undefined> {
  try {
    yield* encodeRequest(name, args, id);
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    throw new GuestError('protocol', `${name}: ${cause.message}`, { command: name, cause });
  }
}

/** The reply to the request of this `id`, if the event is that; without one, whatever reply comes first. */
function replyTo(
  id: number | undefined,
  event: ReplyEvent,
  command: string,
  target: string,
): GuestReply | undefined {
  if (event.kind === 'garbage') {
    const hint = /size limit/.test(event.desc) ? '; the option maxReply allows more' : '';
    const message = `${command}: ${target} sent something that is no reply: ${event.desc}${hint}`;
    throw new GuestError('protocol', message, { command });
  }
  const { reply } = event;
  if (id === undefined || reply.id === id) return reply;
  // Another's, or nobody's.
  if (reply.id !== undefined || reply.error === undefined || answersReset(reply)) return undefined;
  // An agent answers so what it cannot take for a request at all: too long a one, or one that did not arrive whole.
  const message = `${command}: ${target} answered that it could not read a request: ${reply.error.desc}`;
  throw new GuestError('protocol', message, { command, ...reply.error });
}

function returnedIn(reply: GuestReply, command: string): WireValue {
  if (reply.error !== undefined) throw errorFromGuest(command, reply.error);
  return reply.return;
}
