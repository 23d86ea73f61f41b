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

/** A reply on its way, in pieces that are made as they are sent; undefined where the host gets none. */
export type Output = Iterable<Buffer> | undefined;

/** What the dispatcher needs to know of the agent. */
export interface DispatcherServices {
  readonly registry: Registry;
  readonly isEnabled: CommandFilter;
  readonly log: Logger;
}

/**
 * Answers messages: finds the command, asks the filter, checks the arguments, calls the handler (qemu-ga §1.5).
 * A handler that answers at once is answered at once. Whatever a handler does, there is an answer:
 * neither the call nor its promise fails.
 */
export class Dispatcher {
  readonly #registry: Registry;
  readonly #isEnabled: CommandFilter;
  readonly #log: Logger;

  constructor(services: DispatcherServices) {
    this.#registry = services.registry;
    this.#isEnabled = services.isEnabled;
    this.#log = services.log;
  }

  answer(incoming: ParsedMessage): Output | Promise<Output> {
    if (incoming.kind === 'error')
      return encodeReply(failure({ class: 'GenericError', desc: incoming.desc }));
    const request = parseRequest(incoming.value);
    if (!request.ok) return encodeReply(failure(request.error, request.id));
    const { name, args, id } = request;
    const context = new RequestContext();
    try {
      const command = this.#registry.find(name);
      if (command === undefined) throw CommandError.commandNotFound(name);
      if (!this.#isEnabled(name)) throw CommandError.commandDisabled(name);
      // The name and no more: arguments are passwords and contents of files.
      this.#log.debug(`processing command ${name}`);
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

  #succeed(command: RegisteredCommand, result: unknown, context: RequestContext, id?: WireValue): Output {
    if (!command.descriptor.successResponse) return undefined;
    return encodeReply(success(result, id, context.delimited));
  }

  #fail(name: string, error: unknown, id: WireValue | undefined): Output {
    if (error instanceof CommandError) return encodeReply(failure(error, id));
    // A mistake of ours or of an embedding program: the log gets all of it, the host nothing that it could learn from.
    this.#log.error(`${name} failed unexpectedly: ${describe(error)}`);
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

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
