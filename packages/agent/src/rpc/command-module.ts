import type { ArgumentsOf, CommandDescriptor, CommandTable, ReturnsOf } from '@guestwire/schema';

/** What a handler receives beside its arguments. */
export interface CommandContext {
  /** Sends one byte `0xFF` directly before the reply to this command, if it succeeds (qemu-ga §1.1). */
  delimitReply(): void;
}

/**
 * Carries out one command. Its arguments are valid. It returns the return value, or throws a `CommandError` with the text
 * for the host. It may be asynchronous; the session reads no further request until it ends.
 */
export type Handler<C extends CommandDescriptor> = (
  args: ArgumentsOf<C>,
  context: CommandContext,
) => ReturnsOf<C> | Promise<ReturnsOf<C>>;

/** A handler for each command of a table. */
export type Handlers<S extends CommandTable> = { readonly [Name in keyof S]: Handler<S[Name]> };

/** Commands and their handlers. Built-in commands and those of an embedding program have the same form. */
export interface CommandModule<S extends CommandTable = CommandTable> {
  /** The command table that `qapi generate` writes, such as `fileCommands`. */
  readonly schema: S;
  readonly handlers: Handlers<S>;
}

/** Declares a command module; the types of the handlers come from the schema. */
export function commandModule<S extends CommandTable>(module: CommandModule<S>): CommandModule<S> {
  return module;
}
