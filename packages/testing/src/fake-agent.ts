import {
  CommandError,
  checkArguments,
  encodeReply,
  parseRequest,
  success,
  type WireValue,
} from '@guestwire/protocol';
import { MessageReader } from '@guestwire/protocol/wire';
import { defaultHandlers, disabledReason, type GuestState } from './default-handlers.js';
import { type FakeHandlers, type FakeRequest, noReply, unwrapResult } from './handlers.js';
import { descriptors, encodeError, type Release, type ReplyError } from './release.js';

/** What the agent sends for one message. */
export interface AgentReply {
  /** `undefined` if the message was not a request. */
  readonly request: FakeRequest | undefined;
  /** Empty if there is no reply. */
  readonly bytes: Buffer;
}

/** The client runs these without being asked to. */
const ALWAYS_ALLOWED: ReadonlySet<string> = new Set(['guest-sync-delimited', 'guest-sync']);

/** The agent of a fake guest: turns the bytes of requests into the bytes of replies, one at a time. It does no I/O. */
export class FakeAgent {
  /** All requests so far. */
  readonly requests: FakeRequest[] = [];
  readonly #counts = new Map<string, number>();
  readonly #reader = new MessageReader();
  readonly #release: Release;
  readonly #strict: boolean;
  readonly #handlers: ReadonlyMap<string, FakeHandlers[string]>;
  readonly #defaults: ReadonlyMap<string, FakeHandlers[string]>;
  readonly #state: GuestState;

  /**
   * @param disabled names of disabled commands
   * @param strict whether a command without a handler is an error of the test
   */
  constructor(release: Release, handlers: FakeHandlers, disabled: readonly string[] = [], strict = false) {
    this.#release = release;
    this.#strict = strict;
    this.#handlers = new Map(Object.entries(handlers));
    const known = new Set(release.commands.map(({ name }) => name));
    const extraCommands = Object.keys(handlers).filter((name) => !known.has(name));
    this.#state = { release, forbidden: new Set(disabled), extraCommands, frozen: false };
    this.#defaults = defaultHandlers(this.#state);
  }

  /** Adds input. An incomplete message is kept until its rest arrives, also over another connection. */
  push(bytes: Uint8Array): void {
    this.#reader.push(bytes);
  }

  /**
   * Returns the reply to the next message; `undefined` if no message is complete.
   *
   * @throws what a handler throws, unless it is a {@link CommandError}, and an `Error` for a command that a strict agent has no
   * handler for
   */
  async next(): Promise<AgentReply | undefined> {
    const incoming = this.#reader.next();
    if (incoming === undefined) return undefined;
    if (incoming.kind === 'value') return await this.#reply(incoming.value);
    const error = this.#release.unreadable(incoming.desc.toString(), incoming.stray !== undefined);
    return { request: undefined, bytes: error === undefined ? Buffer.alloc(0) : this.#encode(error) };
  }

  async #reply(message: WireValue): Promise<AgentReply> {
    const parsed = parseRequest(message);
    const { id } = parsed;
    const { refusesId, failed } = this.#release;
    if (refusesId !== undefined && id !== undefined) {
      return { request: undefined, bytes: this.#encode(refusesId) };
    }
    if (!parsed.ok) return { request: undefined, bytes: this.#encode(failed(parsed.error), id) };
    const { name, args } = parsed;
    const nth = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, nth);
    const request = { name, args, id, nth };
    this.requests.push(request);
    return { request, bytes: await this.#carryOut(request) };
  }

  async #carryOut(request: FakeRequest): Promise<Buffer> {
    const { name, args, id } = request;
    const handler = this.#handlerOf(name);
    if (handler === undefined) return this.#encode(this.#release.notFound(name), id);
    const reason = disabledReason(name, this.#state);
    if (reason !== undefined) return this.#encode(this.#release.disabled(name, reason), id);
    const command = descriptors.get(name);
    try {
      // The check makes the arguments what the type of the handler promises.
      const checked = (command === undefined ? args : checkArguments(command, args)) as never;
      const result: unknown = await handler(checked, request);
      const isSilent = result === noReply || (result === undefined && command?.successResponse === false);
      if (isSilent) return Buffer.alloc(0);
      const delimited = name === 'guest-sync-delimited';
      return Buffer.concat([...encodeReply(success(unwrapResult(result), id, delimited))]);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      return this.#encode(this.#release.failed(error), id);
    }
  }

  #handlerOf(name: string): FakeHandlers[string] {
    const handler = this.#handlers.get(name);
    if (handler !== undefined) return handler;
    if (this.#strict && !ALWAYS_ALLOWED.has(name)) {
      throw new Error(`unexpected command ${name}: the fake guest is strict and has no handler for it`);
    }
    return this.#defaults.get(name);
  }

  #encode(error: ReplyError, id?: WireValue): Buffer {
    return encodeError(this.#release, error, id);
  }
}
