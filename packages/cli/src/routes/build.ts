import { buildCommand, type Command } from '@stricli/core';
import type { CliContext } from '../context.js';
import { type GuestFlags, guestFlags } from '../parameters.js';

/** A command that takes nothing but the flags of every command. */
export function plainCommand(
  loader: () => Promise<(this: CliContext, flags: GuestFlags) => Promise<void>>,
  brief: string,
): Command<CliContext> {
  return buildCommand({ loader, parameters: { flags: guestFlags }, docs: { brief } });
}

/** A positional parameter that is text. */
export function word(placeholder: string, brief: string) {
  return { placeholder, parse: String, brief } as const;
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
    brief,
  } as const;
}
