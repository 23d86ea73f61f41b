import { buildCommand, type Command } from '@stricli/core';
import type { CliContext } from '../context.js';
import { type GuestFlags, guestFlags } from '../parameters.js';

type Propose = (this: CliContext, partial: string) => readonly string[] | Promise<readonly string[]>;

/** A command that takes nothing but the flags of every command. */
export function plainCommand(
  loader: () => Promise<(this: CliContext, flags: GuestFlags) => Promise<void>>,
  brief: string,
): Command<CliContext> {
  return buildCommand({ loader, parameters: { flags: guestFlags }, docs: { brief } });
}

/** A positional parameter that is text. */
export function word(placeholder: string, brief: string, proposeCompletions: Propose = () => []) {
  return { placeholder, parse: String, brief, proposeCompletions } as const;
}

/** Leaves the completion of a path on this host to the shell. */
export function localFile(): readonly string[] {
  return [':files '];
}

/** A positional parameter that is one of a few words. */
export function choice<const T extends string>(words: readonly T[], brief: string) {
  return {
    placeholder: words.join('|'),
    parse: (text: string): T => {
      const found = words.find((word) => word === text);
      if (found === undefined) throw new SyntaxError(`"${text}" is none of ${words.join(', ')}`);
      return found;
    },
    proposeCompletions: () => words,
    brief,
  } as const;
}
