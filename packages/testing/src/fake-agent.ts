import {
  CommandError,
  checkArguments,
  commands,
  encodeReply,
  MessageReader,
  parseRequest,
  success,
  type WireObject,
  type WireValue,
} from '@guestwire/protocol';
import type { CommandDescriptor } from '@guestwire/qapi/descriptor';
import { banOn, believable, type GuestState } from './believable.js';
import { type FakeHandlers, type FakeRequest, resultOf, silence } from './handlers.js';
import { encodeError, type Release } from './release.js';

/** What the agent says to one message. */
export interface Answer {
  /** What it answers, unless the message was no request. */
  readonly request: FakeRequest | undefined;
  /** Empty if it answers nothing. */
  readonly bytes: Buffer;
}

/** What kind of agent it is. */
export interface AgentOptions {
  readonly release: Release;
  readonly handlers: FakeHandlers;
  /** Commands that are disabled. */
  readonly disabled: readonly string[];
  /** Are only those commands answered that have a handler? */
  readonly strict: boolean;
}

const descriptors: ReadonlyMap<string, CommandDescriptor> = new Map(Object.entries(commands));

/** A host asks for these by itself. */
const always: ReadonlySet<string> = new Set(['guest-sync-delimited', 'guest-sync']);

const nothing = Buffer.alloc(0);

/** The agent behind a fake guest: bytes of requests to bytes of replies, one request at a time. It does no I/O. */
export class FakeAgent {
  /** All requests so far. */
  readonly requests: FakeRequest[] = [];
  readonly #counts = new Map<string, number>();
  readonly #reader = new MessageReader();
  readonly #release: Release;
  readonly #own: ReadonlyMap<string, FakeHandlers[string]>;
  readonly #believable: ReadonlyMap<string, FakeHandlers[string]>;
  readonly #strict: boolean;
  readonly #state: GuestState;

  constructor({ release, handlers, disabled, strict }: AgentOptions) {
    this.#release = release;
    this.#own = new Map(Object.entries(handlers));
    this.#strict = strict;
    const known = new Set(release.commands.map(({ name }) => name));
    this.#state = {
      release,
      forbidden: new Set(disabled),
      others: [...this.#own.keys()].filter((name) => !known.has(name)),
      frozen: false,
    };
    this.#believable = believable(this.#state);
  }

  /** Adds input; half a message waits for the rest of it, whoever sends that. */
  push(bytes: Uint8Array): void {
    this.#reader.push(bytes);
  }

  /**
   * The answer to the next message; `undefined` if there is none yet.
   *
   * @throws whatever a handler throws that is no {@link CommandError}, and an `Error` about a command that a strict
   * agent did not expect
   */
  async next(): Promise<Answer | undefined> {
    const incoming = this.#reader.next();
    if (incoming === undefined) return undefined;
    if (incoming.kind === 'value') return await this.#answer(incoming.value);
    const error = this.#release.unreadable(incoming.desc.toString(), incoming.stray !== undefined);
    return { request: undefined, bytes: error === undefined ? nothing : encodeError(this.#release, error) };
  }

  async #answer(message: WireValue): Promise<Answer> {
    const parsed = parseRequest(message);
    const { refusesId } = this.#release;
    if (refusesId !== undefined && parsed.id !== undefined) {
      return { request: undefined, bytes: encodeError(this.#release, refusesId) };
    }
    if (!parsed.ok) return { request: undefined, bytes: this.#failure(parsed.error, parsed.id) };
    const { name, args, id } = parsed;
    const nth = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, nth);
    const request = { name, args, id, nth };
    this.requests.push(request);
    return { request, bytes: await this.#carryOut(request) };
  }

  async #carryOut(request: FakeRequest): Promise<Buffer> {
    const { name, args, id } = request;
    const handler = this.#handlerOf(name);
    if (handler === undefined) return encodeError(this.#release, this.#release.notFound(name), id);
    const ban = banOn(name, this.#state);
    if (ban !== undefined) return encodeError(this.#release, this.#release.disabled(name, ban), id);
    const command = descriptors.get(name);
    try {
      const result = await call(handler, command, args, request);
      if (result === silence || (result === undefined && command?.successResponse === false)) return nothing;
      const delimited = name === 'guest-sync-delimited';
      return Buffer.concat([...encodeReply(success(resultOf(result), id, delimited))]);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      return this.#failure(error, id);
    }
  }

  #handlerOf(name: string): FakeHandlers[string] {
    const own = this.#own.get(name);
    if (own !== undefined) return own;
    if (this.#strict && !always.has(name)) {
      throw new Error(`The host asked for ${name}, which this fake guest does not expect: give it a handler`);
    }
    return this.#believable.get(name);
  }

  #failure(error: CommandError, id: WireValue | undefined): Buffer {
    return encodeError(this.#release, this.#release.failed(error), id);
  }
}

/** A handler of the contract gets the arguments that its type promises, since they have been checked against it. */
function call(
  handler: (args: never, request: FakeRequest) => unknown,
  command: CommandDescriptor | undefined,
  args: WireObject,
  request: FakeRequest,
): unknown {
  return handler((command === undefined ? args : checkArguments(command, args)) as never, request);
}
