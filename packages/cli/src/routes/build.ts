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
