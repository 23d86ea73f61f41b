import type { ArgumentsOf, CommandDescriptor, CommandTable, ReturnsOf } from '@guestwire/schema';

/** What a handler receives beside its arguments. */
export interface CommandContext {
  /** Sends one byte `0xFF` directly before the reply to this command, if it succeeds (qemu-ga §1.1). */
  delimitReply(): void;
  /**
   * Aborts when the host no longer receives the result: it has sent `guest-sync` again after five seconds or more, the
   * time limit of the command is over, or the agent stops. Its reason is an error that says which.
   */
  readonly signal: AbortSignal;
}

/** How the session may treat a command whose reply takes long; none applies by default. */
export interface CommandTraits {
  /**
   * True if neither the result nor the effect can depend on an earlier request that has not ended. The command is then
   * carried out although such a request is slow. Replies keep their order.
   */
  readonly independent?: boolean;
  /** Commands whose effect this one shows. It does not overtake one that has not begun, although it is independent. */
  readonly dependsOn?: readonly string[];
  /** Commands that this one cancels. One that it overtakes, since that has not begun, is not carried out. */
  readonly cancels?: readonly string[];
  /** True if the host, by this command, gives up on its earlier requests that are still slow. */
  readonly synchronizes?: boolean;
  /**
   * True if the handler makes system calls in the thread pool, one at a time, that may wait for a disk or another machine.
   * When too many of these have not ended, further ones are refused, so that threads remain for everything else.
   */
  readonly mayBlock?: boolean;
  /**
   * `own` if the handler always ends by a separate limit, which the agent must not shorten; `long` for work that may
   * take sixty times the usual limit.
   */
  readonly timeLimit?: 'own' | 'long';
}

/**
 * Carries out one command. Its arguments are valid. It returns the return value, or throws a `CommandError` with the text
 * for the host. It may be asynchronous: the session carries out no other request of the same connection until it ends, or
 * has run for a second; then those that are {@link CommandTraits.independent}.
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
  /** Traits by command; a command that is absent has none. */
  readonly traits?: { readonly [Name in keyof S]?: CommandTraits };
}

/** Declares a command module; the types of the handlers come from the schema. */
export function commandModule<S extends CommandTable>(module: CommandModule<S>): CommandModule<S> {
  return module;
}
