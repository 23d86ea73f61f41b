import {
  CommandError,
  checkArguments,
  encodeReply,
  failure,
  parseRequest,
  success,
  type WireValue,
} from '@guestwire/protocol';
import type { ParsedMessage } from '@guestwire/protocol/wire';
import type { Logger } from '../log/logger.js';
import type { CommandFilter } from './command-filter.js';
import type { CommandContext } from './command-module.js';
import type { RegisteredCommand, Registry } from './registry.js';

/** An encoded reply, in pieces that are produced while they are sent; undefined for no reply. */
export type EncodedReply = Iterable<Buffer> | undefined;

export interface DispatcherOptions {
  readonly registry: Registry;
  readonly isEnabled: CommandFilter;
  readonly log: Logger;
}

/** Finds the command of a message, applies the filter, checks the arguments and calls the handler (qemu-ga §1.5). */
export class Dispatcher {
  readonly #options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Returns the reply, as a promise only if the handler returns one. Never throws or rejects. */
  answer(incoming: ParsedMessage): EncodedReply | Promise<EncodedReply> {
    if (incoming.kind === 'error')
      return encodeReply(failure({ class: 'GenericError', desc: incoming.desc }));
    const request = parseRequest(incoming.value);
    if (!request.ok) return encodeReply(failure(request.error, request.id));
    const { name, args, id } = request;
    const context = new RequestContext();
    try {
      const command = this.#options.registry.find(name);
      if (command === undefined) throw CommandError.commandNotFound(name);
      if (!this.#options.isEnabled(name)) throw CommandError.commandDisabled(name);
      // Without the arguments, which may be passwords.
      this.#options.log.debug(`processing command ${name}`);
      const checked = checkArguments(command.descriptor, args);
      const result = command.run(checked, context);
      if (!isPromiseLike(result)) return this.#succeed(command, result, context, id);
      return Promise.resolve(result)
        .then((value) => this.#succeed(command, value, context, id))
        .catch((error: unknown) => this.#fail(name, error, id));
    } catch (error) {
      return this.#fail(name, error, id);
    }
  }

  #succeed(
    command: RegisteredCommand,
    result: unknown,
    context: RequestContext,
    id?: WireValue,
  ): EncodedReply {
    if (!command.descriptor.successResponse) return undefined;
    return encodeReply(success(result, id, context.delimited));
  }

  #fail(name: string, error: unknown, id: WireValue | undefined): EncodedReply {
    if (error instanceof CommandError) return encodeReply(failure(error, id));
    // An internal error: the log has the details, the host must not.
    const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.log.error(`${name} failed unexpectedly: ${details}`);
    return encodeReply(failure(new CommandError(`The command ${name} failed for an internal reason`), id));
  }
}

class RequestContext implements CommandContext {
  delimited = false;

  delimitReply(): void {
    this.delimited = true;
  }
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
