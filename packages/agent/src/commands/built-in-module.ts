import { CommandError } from '@guestwire/protocol';
import type { CommandTable } from '@guestwire/schema';
import { OperationError } from '../operation-error.js';
import type { CommandModule, Handlers } from '../rpc/command-module.js';
import type { AnyHandler } from '../rpc/registry.js';

/** Declares a command module whose handlers may throw `OperationError`: the host receives its message. */
export function builtInModule<S extends CommandTable>({
  handlers,
  ...module
}: CommandModule<S>): CommandModule<S> {
  const entries = Object.entries<AnyHandler>(handlers);
  const reporting = Object.fromEntries(entries.map(([name, handler]) => [name, reportErrors(handler)]));
  // The same names, with functions of the same types.
  return { ...module, handlers: reporting as Handlers<S> };
}

function reportErrors(handler: AnyHandler): AnyHandler {
  return (args, context) => {
    try {
      const result = handler(args, context);
      return result instanceof Promise ? result.catch(fail) : result;
    } catch (error) {
      return fail(error);
    }
  };
}

function fail(error: unknown): never {
  throw commandError(error);
}

/** Returns an `OperationError` as the `CommandError` that the host receives, and any other error as it is. */
export function commandError(error: unknown): unknown {
  return error instanceof OperationError ? new CommandError(error.message, { cause: error }) : error;
}
