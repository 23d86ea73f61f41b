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
import type { ArgumentsOf, CommandDescriptor, ReturnsOf } from '@guestwire/qapi/descriptor';
import { type Clock, systemClock } from './clock.js';
import { type Limits, orAborted, startDeadline } from './deadline.js';
import { type ExecOptions, exec } from './exec/exec.js';
import type { ExecResult } from './exec/process.js';
import { GuestFiles } from './files/guest-files.js';
import { type FreezeOptions, freeze } from './freeze/freeze.js';
import type { FrozenGuest } from './freeze/frozen-guest.js';
import { errorFromGuest, GuestError, isGuestError } from './guest-error.js';
import { Conversation, type Judge } from './session/conversation.js';
import { freshId, type Manner, prepareSync, synchronise, unknownAgent } from './session/synchronise.js';
import type { Transport, TransportLimits } from './transport/transport.js';
import { type Condition, type Met, type Probe, type WaitOptions, waitFor } from './wait/wait-for.js';

/** The commands of the contract, by name. */
export type Commands = typeof commands;

/** What a call takes behind the command's name: its arguments, which may be left out if none is required, and limits. */
export type CallParameters<C extends CommandDescriptor> =
  ArgumentsOf<C> extends object
    ? object extends ArgumentsOf<C>
      ? [args?: ArgumentsOf<C>, limits?: Limits]
      : [args: ArgumentsOf<C>, limits?: Limits]
    : [args?: undefined, limits?: Limits];

/** What a guest is opened with. */
export interface GuestOptions {
  /** Milliseconds that a call may take if it names no time of its own; 30 000 if absent. */
  readonly callTimeout?: number;
  /** What all time limits are measured with; the system's clock if absent. */
  readonly clock?: Clock;
  /** @internal Opens another connection to the same agent. */
  readonly reopen?: (limits?: Limits) => Promise<Guest>;
}

const descriptors: ReadonlyMap<string, CommandDescriptor> = new Map(Object.entries(commands));

const isSilent = (name: string): boolean => descriptors.get(name)?.successResponse === false;

const defaultCallTimeout = 30_000;

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
export class Guest implements AsyncDisposable {
  readonly #conversation: Conversation;
  readonly #callTimeout: number;
  /** What its time limits are measured with. */
  readonly clock: Clock;
  /** Its files. */
  readonly files: GuestFiles;
  /** The largest messages that its connection carries, where that is less than what agents take and give. */
  readonly messageLimits: TransportLimits | undefined;
  readonly #reopen: GuestOptions['reopen'];
  #manner: Manner = unknownAgent;
  /** What the next request is told apart by; a doubled or late reply still bears the one of its own. */
  #nextId = freshId();
  /** False whenever a reply of an earlier call may still come. */
  #inStep = false;
  #lastTurn: Promise<void> = Promise.resolve();

  /** Use {@link connect} or {@link openGuest}, which also make sure that somebody answers. */
  constructor(transport: Transport, options: GuestOptions = {}) {
    this.#conversation = new Conversation(transport);
    this.#callTimeout = options.callTimeout ?? defaultCallTimeout;
    this.clock = options.clock ?? systemClock;
    this.messageLimits = transport.limits;
    this.#reopen = options.reopen;
    this.files = new GuestFiles(this);
  }

  /** Where the connection leads: `unix:/run/vm1/qga.sock`. */
  get target(): string {
    return this.#conversation.target;
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
    const [args, limits] = parameters as readonly [args?: object, limits?: Limits];
    const value = await this.callRaw(name, args, limits);
    const command: CommandDescriptor = commands[name];
    try {
      // The descriptor of `name` carries this very type, and the check makes it true.
      return (command.successResponse ? checkReply(command, value) : undefined) as ReturnsOf<Commands[Name]>;
    } catch (cause) {
      if (!(cause instanceof WireError)) throw cause;
      throw new GuestError('protocol', cause.message, { command: name, cause });
    }
  }

  /**
   * Carries out any command, with any arguments, and gives what came back as it came: an integer is a `number`
   * where that is exact, else a `bigint`. For a command that answers nothing, an empty object.
   */
  async callRaw(name: string, args?: object, limits: Limits = {}): Promise<WireValue> {
    using deadline = startDeadline({ timeout: this.#callTimeout, ...limits }, name, name, this.clock);
    return await this.#inTurn(deadline.signal, async () => {
      await this.#getInStep(deadline.signal);
      return isSilent(name)
        ? await this.#tell(name, args, deadline.signal)
        : await this.#ask(name, args, deadline.signal);
    });
  }

  /** Brings both sides into step, which also shows that somebody answers. Calls do it by themselves where it is needed. */
  async synchronise(limits: Limits = {}): Promise<void> {
    using deadline = startDeadline(
      { timeout: this.#callTimeout, ...limits },
      this.target,
      undefined,
      this.clock,
    );
    await this.#inTurn(deadline.signal, async () => {
      this.#inStep = false;
      await this.#getInStep(deadline.signal);
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

  /** Whether a call opens a new connection when the old one has ended. */
  get reconnects(): boolean {
    return false;
  }

  /**
   * Opens another connection to the same agent, for the caller to close.
   *
   * @throws {GuestError} `closed` if it cannot be opened, or the guest was opened over a transport of the caller's own
   */
  async reopen(limits?: Limits): Promise<Guest> {
    if (this.#reopen === undefined) throw new GuestError('closed', `${this.target}: not connected any more`);
    return await this.#reopen(limits);
  }

  /** Ends the connection; calls that wait are rejected with `closed`. */
  async close(): Promise<void> {
    await this.#conversation[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Waits until all earlier calls are through. */
  async #inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#lastTurn;
    // A turn ends when its work is over, or at once if its caller has gone meanwhile; the next begins after both.
    const result = orAborted(before, signal).then(work);
    this.#lastTurn = Promise.allSettled([before, result]).then(() => {});
    return await result;
  }

  async #getInStep(signal: AbortSignal): Promise<void> {
    // Who talks without being asked may do so again at any time; what was said before is told apart by this.
    if (!this.#conversation.takeUnasked() && this.#inStep) return;
    this.#manner = await synchronise(this.#conversation, this.#manner, signal);
    this.#inStep = true;
  }

  /** One exchange. Until it has come to its end, host and guest are not in step. */
  async #exchange<T>(request: Iterable<Uint8Array>, judge: Judge<T>, signal: AbortSignal): Promise<T> {
    this.#inStep = false;
    const result = await this.#conversation.ask(request, judge, signal);
    this.#inStep = true;
    return result;
  }

  async #ask(name: string, args: object | undefined, signal: AbortSignal): Promise<WireValue> {
    const id = this.#takeId();
    const reply = await this.#exchange(
      encode(name, args, id),
      (event) => replyTo(id, event, name, this.target),
      signal,
    );
    return returnedIn(reply, name);
  }

  /** For a command that answers nothing: what follows it answers in its place. */
  async #tell(name: string, args: object | undefined, signal: AbortSignal): Promise<WireValue> {
    const id = this.#takeId();
    const sync = prepareSync(this.#manner);
    let failed: GuestReply | undefined;
    const judge: Judge<'done'> = (event) => {
      if (sync.answeredBy(event) !== undefined) return 'done';
      failed = replyTo(id, event, name, this.target) ?? failed;
      return undefined;
    };
    try {
      await this.#exchange([...encode(name, args, id), ...sync.request], judge, signal);
    } catch (error) {
      if (!isGuestError(error, 'closed')) throw error;
    }
    return failed === undefined ? WireObject.empty : returnedIn(failed, name);
  }

  /** An `id` for the next request, if the agent gives ids back. */
  #takeId(): number | undefined {
    return this.#manner.ids === 'given back' ? this.#nextId++ : undefined;
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
const replyTo = (
  id: number | undefined,
  event: ReplyEvent,
  command: string,
  target: string,
): GuestReply | undefined => {
  if (event.kind === 'garbage') {
    const message = `${command}: ${target} sent something that is no reply: ${event.desc}`;
    throw new GuestError('protocol', message, { command });
  }
  const { reply } = event;
  if (id === undefined || reply.id === id) return reply;
  // Another's, or nobody's.
  if (reply.id !== undefined || reply.error === undefined) return undefined;
  // An agent answers so what it cannot take for a request at all: too long a one, or one that did not arrive whole.
  const message = `${command}: ${target} answered that it could not read a request: ${reply.error.desc}`;
  throw new GuestError('protocol', message, { command, ...reply.error });
};

const returnedIn = (reply: GuestReply, command: string): WireValue => {
  if (reply.error !== undefined) throw errorFromGuest(command, reply.error);
  return reply.return;
};
