import {
  CommandError,
  checkArguments,
  type ErrorBody,
  encodeReply,
  failure,
  parseRequest,
  type Request,
  success,
  WireObject,
  type WireValue,
} from '@guestwire/protocol';
import type { ParsedMessage } from '@guestwire/protocol/wire';
import type { Logger } from '../log/logger.js';
import { RefusedError } from '../operation-error.js';
import { Call } from './call.js';
import type { ReplaceableFilter } from './command-filter.js';
import type { CommandTraits } from './command-module.js';
import type { CommandObservation, CommandObserver } from './command-observer.js';
import type { RegisteredCommand, Registry } from './registry.js';

/** An encoded reply, in pieces that are produced while they are sent; undefined for no reply. */
export type EncodedReply = Iterable<Buffer> | undefined;

/** Encoded errors that are kept, and the longest text of one. */
const MAX_CACHED = 16;
const MAX_CACHED_LENGTH = 64;

/** Replying to what is no request, or to an unknown command, depends on nothing. */
const MALFORMED = { name: '', traits: { independent: true } } as const;

export interface DispatcherOptions {
  readonly registry: Registry;
  readonly isEnabled: ReplaceableFilter;
  readonly log: Logger;
  /** The number of commands with the trait `mayBlock` that run at the same time; no limit if absent. */
  readonly blockingLimit?: number;
  readonly observer?: CommandObserver | undefined;
}

/** Finds the command of a message, applies the filter, checks the arguments and calls the handler (qemu-ga §1.5). */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #malformed = new Map<string, EncodedReply>();
  /** Commands with the trait `mayBlock` that have not ended, whether or not a host still waits for them. */
  #blocking = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Returns the reply, as a promise only if the handler returns one. Never throws or rejects. */
  answer(incoming: ParsedMessage, call = new Call()): EncodedReply | Promise<EncodedReply> {
    if (incoming.kind === 'error')
      return this.#refuseMalformed({ class: 'GenericError', desc: incoming.desc });
    const request = parseRequest(incoming.value);
    if (!request.ok) return this.#refuseMalformed(request.error, request.id);
    const { name, args, id } = request;
    const command = this.#options.registry.find(name);
    call.observation = this.#observe(request, call);
    try {
      call.verdict = 'unknown';
      if (command === undefined) throw CommandError.commandNotFound(name);
      call.verdict = 'refused';
      if (!this.#options.isEnabled(name)) throw this.#options.isEnabled.refusal(name);
      if (call.observation?.refusal !== undefined) throw new CommandError(call.observation.refusal);
      // Without the arguments, which may be passwords.
      this.#options.log.debug(`processing command ${name}`);
      call.verdict = 'invalid';
      const checked = checkArguments(command.descriptor, args);
      call.verdict = 'allowed';
      const result = command.traits.mayBlock
        ? this.#block(command, checked, call)
        : command.run(checked, call);
      if (!isPromiseLike(result)) return this.#succeed(command, result, call, id);
      return Promise.resolve(result)
        .then((value) => this.#succeed(command, value, call, id))
        .catch((error: unknown) => this.#fail(name, error, call, id));
    } catch (error) {
      return this.#fail(name, error, call, id);
    }
  }

  /** Runs a handler that may hold a thread of the pool. */
  #block(command: RegisteredCommand, args: unknown, call: Call): unknown {
    const { blockingLimit = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#blocking >= blockingLimit) {
      call.verdict = 'refused';
      throw new CommandError(
        `${command.descriptor.name} was not carried out: too many commands (${this.#blocking}) wait for files or disks that do not respond`,
      );
    }
    const result = command.run(args, call);
    if (!isPromiseLike(result)) return result;
    this.#blocking += 1;
    const ended = (): void => {
      this.#blocking -= 1;
    };
    result.then(ended, ended);
    return result;
  }

  /** Returns what the session needs to know of a message before it is carried out. */
  describe(incoming: ParsedMessage): { readonly name: string; readonly traits: CommandTraits } {
    const request = incoming.kind === 'value' ? parseRequest(incoming.value) : undefined;
    if (request?.ok !== true) return MALFORMED;
    const { name } = request;
    return { name, traits: this.#options.registry.find(name)?.traits ?? MALFORMED.traits };
  }

  /** Returns the reply to a request that fails for a reason outside of its handler, which may not have been called. */
  refuse(incoming: ParsedMessage, error: CommandError, call: Call): EncodedReply {
    const request = incoming.kind === 'value' ? parseRequest(incoming.value) : undefined;
    if (request?.ok === true) call.observation ??= this.#observe(request, call);
    call.finished(error);
    return encodeReply(failure(error, request?.id));
  }

  /** Encodes an error about the form of a message; the few common ones only once. */
  #refuseMalformed(error: ErrorBody, id?: WireValue): EncodedReply {
    const { desc } = error;
    if (id !== undefined || typeof desc !== 'string' || desc.length > MAX_CACHED_LENGTH) {
      return encodeReply(failure(error, id));
    }
    const known = this.#malformed.get(desc);
    if (known !== undefined) return known;
    const reply = encodeReply(failure(error));
    if (this.#malformed.size < MAX_CACHED) this.#malformed.set(desc, reply);
    return reply;
  }

  #observe({ name, args }: Extract<Request, { ok: true }>, { peer }: Call): CommandObservation | undefined {
    const { observer, registry } = this.#options;
    return observer?.started({ name, args, peer, descriptor: registry.find(name)?.descriptor });
  }

  #succeed(command: RegisteredCommand, result: unknown, call: Call, id?: WireValue): EncodedReply {
    const { successResponse } = command.descriptor;
    const reply = successResponse ? encodeReply(success(result, id, call.delimited)) : undefined;
    call.finished();
    return reply;
  }

  #fail(name: string, error: unknown, call: Call, id?: WireValue): EncodedReply {
    const body = error instanceof CommandError ? error : this.#internalError(name, error);
    // Such as by a policy's rules on files and programs, which are applied while the command runs.
    if (body.cause instanceof RefusedError) call.verdict = 'refused';
    call.finished(body);
    return encodeReply(failure(body, id));
  }

  /** The log has the details, the host must not. */
  #internalError(name: string, error: unknown): CommandError {
    const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.log.error(`${name} failed unexpectedly: ${details}`);
    return new CommandError(`The command ${name} failed for an internal reason`);
  }
}

/** Returns whether a message names a command; replies to all others are errors about its form. */
export function isRequest(incoming: ParsedMessage): boolean {
  return (
    incoming.kind === 'value' &&
    incoming.value instanceof WireObject &&
    incoming.value.get('execute') !== undefined
  );
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
