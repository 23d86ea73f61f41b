import type { ArgumentsOf, CommandDescriptor, CommandTable, ReturnsOf } from '@guestwire/schema';

/** What a handler may use beside its arguments. */
export interface CommandContext {
  /** Puts one byte `0xFF` directly before the reply to this command, if it succeeds (qemu-ga §1.1). */
  delimitReply(): void;
}

/**
 * Answers one command. Its arguments have been checked against the descriptor.
 * It returns the value to send, or throws a `CommandError` with the text that the host is to see.
 * It may be asynchronous; the session answers in order and reads no further meanwhile.
 */
export type Handler<C extends CommandDescriptor> = (
  args: ArgumentsOf<C>,
  context: CommandContext,
) => ReturnsOf<C> | Promise<ReturnsOf<C>>;

/** One handler for each command of a table: none may be missing, none may be surplus. */
export type Handlers<S extends CommandTable> = { readonly [Name in keyof S]: Handler<S[Name]> };

/** Commands and what answers them. Built-in commands and a user's own are registered in this same form. */
export interface CommandModule<S extends CommandTable = CommandTable> {
  /** The commands, as `qapi generate` writes them: `fileCommands`, say. */
  readonly schema: S;
  readonly handlers: Handlers<S>;
}

/** Declares a command module; the handlers' types come from the schema. */
export function commandModule<S extends CommandTable>(module: CommandModule<S>): CommandModule<S> {
  return module;
}
