import { buildCommand, type Command } from '@stricli/core';
import type { CliContext } from '../context.js';
import { type GuestFlags, guestFlags } from '../parameters.js';

/** A command that takes nothing but the flags of every command. */
export const plainCommand = (
  loader: () => Promise<(this: CliContext, flags: GuestFlags) => Promise<void>>,
  brief: string,
): Command<CliContext> => buildCommand({ loader, parameters: { flags: guestFlags }, docs: { brief } });

/** A positional parameter that is text. */
export const word = (placeholder: string, brief: string) => ({ placeholder, parse: String, brief }) as const;

/** A positional parameter that is one of a few words. */
export const choice = <const T extends string>(words: readonly T[], brief: string) =>
  ({
    placeholder: words.join('|'),
    parse: (text: string): T => {
      const found = words.find((word) => word === text);
      if (found === undefined) throw new SyntaxError(`"${text}" is none of ${words.join(', ')}`);
      return found;
    },
    brief,
  }) as const;
