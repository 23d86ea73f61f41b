import { type GuestReply, type ReplyEvent, WireObject, type WireValue } from '@guestwire/protocol';
import type { ReturnsOf } from '@guestwire/schema';
import type { CallParameters, GuestCalls } from './calls.js';
import { type Capabilities, readCapabilities, unsupportedError } from './capabilities.js';
import { type Commands, isSilent } from './contract.js';
import { type ExecOptions, exec } from './exec/exec.js';
import type { ExecResult } from './exec/process.js';
import { GuestFiles } from './files/guest-files.js';
import { type FreezeOptions, freeze } from './freeze/freeze.js';
import type { FrozenGuest } from './freeze/frozen-guest.js';
import { errorFromGuest, type GuestError, isGuestError } from './guest-error.js';
import { checkReturn, commandRequest, returnValue } from './requests.js';
import type { Endpoint } from './session/endpoint.js';
import { ReconnectingSession } from './session/reconnecting-session.js';
import { type CallOptions, type Clock, type Deadline, startDeadline } from './time.js';
import type { TransportLimits } from './transport/transport.js';
import { type Condition, type Met, type ProbeOf, type WaitOptions, waitFor } from './wait/wait-for.js';

/** Options of a guest. */
export interface GuestOptions {
  /** Default time limit of a call, in milliseconds; 30 000 if absent. */
  readonly callTimeout?: number;
  /** The clock for all time limits; the system's clock if absent. */
  readonly clock?: Clock;
  /**
   * The maximum size of a reply in bytes; 80 MiB if absent, enough for the longest reply of an agent. A longer one is
   * dropped while it arrives, and the call is rejected with `protocol`.
   */
  readonly maxReply?: number;
}

const DEFAULT_CALL_TIMEOUT_MS = 30_000;

/** A custom condition to wait for: met when it resolves to anything but `undefined`. */
export type Probe<T> = ProbeOf<Guest, T>;

/**
 * A guest, over one connection to its agent.
 *
 * Each request has a unique `id`, and only the reply that echoes it is accepted; an agent that does not echo ids (QEMU
 * before 3.0) replies in order, and the first reply is accepted. A call that timed out or was aborted leaves a reply
 * behind; before the next command, host and agent synchronize again.
 */
export class Guest implements GuestCalls, AsyncDisposable {
  readonly #endpoint: Endpoint;
  readonly #options: GuestOptions;
  readonly #session: ReconnectingSession;
  /** The files of the guest. */
  readonly files: GuestFiles;
  #lastTurn: Promise<void> = Promise.resolve();
  /** The capabilities of the agent in one generation of the session. */
  #known: { readonly capabilities: Capabilities; readonly generation: number } | undefined;

  /** @internal Use {@link connect} or {@link openGuest}, which also ensure that an agent answers. */
  constructor(endpoint: Endpoint, options: GuestOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#session = new ReconnectingSession(endpoint, options.maxReply);
    this.files = new GuestFiles(this);
  }

  /** The target of the connection: `unix:/run/vm1/qga.sock`. */
  get target(): string {
    return this.#endpoint.target;
  }

  get clock(): Clock {
    return this.#endpoint.clock;
  }

  get messageLimits(): TransportLimits {
    return this.#session.limits;
  }

  get reconnects(): boolean {
    return this.#endpoint.reconnect !== undefined;
  }

  async call<Name extends keyof Commands>(
    name: Name,
    ...parameters: CallParameters<Commands[Name]>
  ): Promise<ReturnsOf<Commands[Name]>> {
    // The parameters of all commands have this shape; the compiler cannot evaluate the conditional type.
    const [args, options] = parameters as readonly [args?: object, options?: CallOptions];
    return checkReturn(name, await this.callRaw(name, args, options));
  }

  async pipeline<Name extends keyof Commands, T>(
    name: Name,
    all: readonly object[],
    read: (returned: ReturnsOf<Commands[Name]>) => T,
    options: CallOptions = {},
  ): Promise<{ readonly returned: readonly T[]; readonly error?: GuestError }> {
    return await this.#inTurn(options, name, async (deadline) => {
      await this.#session.ensureSynchronized(deadline);
      const requests = all.map((args) => {
        const { bytes, match } = this.#request(name, args);
        return {
          bytes,
          match(event: ReplyEvent) {
            const reply = match(event);
            if (reply?.error !== undefined) return { error: errorFromGuest(name, reply.error) };
            return reply && { value: read(checkReturn(name, reply.return)) };
          },
        };
      });
      const returned: T[] = [];
      for (const result of await this.#session.pipeline(requests, deadline)) {
        if (result.error !== undefined) return { returned, error: result.error };
        returned.push(result.value);
      }
      return { returned };
    });
  }

  /**
   * Runs any command with any arguments, and returns the unchecked value: an integer is a `number` where that is exact,
   * else a `bigint`. For a command without a success reply it is an empty object.
   */
  async callRaw(name: string, args?: object, options: CallOptions = {}): Promise<WireValue> {
    return await this.#inTurn(options, name, async (deadline) => {
      await this.#session.ensureSynchronized(deadline);
      try {
        return await (isSilent(name)
          ? this.#exchangeSilent(name, args, deadline)
          : this.#exchange(name, args, deadline));
      } catch (error) {
        if (!isGuestError(error, 'unsupported')) throw error;
        throw unsupportedError(error, name, await this.#versionForError(name, deadline));
      }
    });
  }

  /**
   * Returns the agent's version and commands as it reports them; asks once per connection.
   *
   * @throws {GuestError} as for any call; `protocol` if the report is invalid
   */
  async capabilities(options: CallOptions = {}): Promise<Capabilities> {
    return await this.#inTurn(options, 'guest-info', async (deadline) => {
      await this.#session.ensureSynchronized(deadline);
      if (this.#known?.generation === this.#session.generation) return this.#known.capabilities;
      return await this.#readCapabilities(deadline);
    });
  }

  async synchronize(options: CallOptions = {}): Promise<void> {
    await this.#inTurn(options, undefined, async (deadline) => {
      this.#session.invalidate();
      await this.#session.ensureSynchronized(deadline);
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

  async reopen(options: CallOptions = {}): Promise<Guest> {
    const other = new Guest(this.#endpoint, this.#options);
    try {
      await other.synchronize({ timeout: this.#endpoint.timeout, ...options });
      return other;
    } catch (error) {
      await other.close();
      throw error;
    }
  }

  /** Closes the connection; pending calls are rejected with `closed`. */
  async close(): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Runs `work` after all earlier calls. */
  async #inTurn<T>(
    options: CallOptions,
    command: string | undefined,
    work: (deadline: Deadline) => Promise<T>,
  ): Promise<T> {
    const timeout = this.#options.callTimeout ?? DEFAULT_CALL_TIMEOUT_MS;
    using deadline = startDeadline({ timeout, ...options }, command ?? this.target, command, this.clock);
    const before = this.#lastTurn;
    // If the caller gives up while it waits, its turn ends at once, but the next one still waits for the earlier calls.
    const result = deadline.race(before).then(() => work(deadline));
    this.#lastTurn = Promise.allSettled([before, result]).then(() => {});
    return await result;
  }

  #request(name: string, args: object | undefined) {
    return commandRequest(name, args, this.#session.nextId(), this.target);
  }

  async #exchange(name: string, args: object | undefined, deadline: Deadline): Promise<WireValue> {
    return returnValue(await this.#session.exchange(this.#request(name, args), deadline), name);
  }

  /** Sends a command without a success reply, followed by a synchronization, whose reply comes after any error. */
  async #exchangeSilent(name: string, args: object | undefined, deadline: Deadline): Promise<WireValue> {
    const { bytes, match } = this.#request(name, args);
    const sync = this.#session.syncRequest();
    let reply: GuestReply | undefined;
    const matchSync = (event: ReplyEvent): 'done' | undefined => {
      if (sync.match(event) !== undefined) return 'done';
      reply = match(event) ?? reply;
      return undefined;
    };
    try {
      await this.#session.exchange({ bytes: [...bytes, ...sync.bytes], match: matchSync }, deadline);
    } catch (error) {
      if (!isGuestError(error, 'closed')) throw error;
    }
    return reply === undefined ? WireObject.empty : returnValue(reply, name);
  }

  async #readCapabilities(deadline: Deadline): Promise<Capabilities> {
    const capabilities = readCapabilities(await this.#exchange('guest-info', undefined, deadline));
    this.#known = { capabilities, generation: this.#session.generation };
    return capabilities;
  }

  /** Asks again, since another agent may have been started behind the same connection. */
  async #versionForError(command: string, deadline: Deadline): Promise<string | undefined> {
    if (command === 'guest-info') return undefined;
    try {
      await this.#session.ensureSynchronized(deadline);
      return (await this.#readCapabilities(deadline)).version;
    } catch {
      return undefined;
    }
  }
}
