import {
  type BaseArgs,
  buildCommand,
  type Command,
  type CommandFunctionLoader,
  type TypedCommandParameters,
} from '@stricli/core';
import type { CliContext } from './context.js';

// Every command loads this file, so it loads the client only when a flag needs it.

/** The flags of every command that connects to guests. */
export interface GuestFlags {
  readonly to?: readonly string[];
  /** Milliseconds. */
  readonly timeout?: number;
  readonly parallel?: number;
  readonly json: boolean;
}

/** Returns the candidates for a value that begins with `partial`. */
export type Propose = (this: CliContext, partial: string) => readonly string[] | Promise<readonly string[]>;

/** Parses a duration above 0 into milliseconds: a number of seconds, or a number with a unit. */
async function duration(text: string): Promise<number> {
  const { parseDuration } = await import('@guestwire/client');
  const milliseconds = /^\d+(\.\d+)?$|^\.\d+$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  if (milliseconds > 0) return milliseconds;
  throw new SyntaxError(`"${text}" is not a duration above 0`);
}

/** A flag with a whole number of at least `minimum`. */
export function numberFlag(minimum: number, placeholder: string, brief: string) {
  return {
    kind: 'parsed',
    parse(text: string): number {
      const value = Number(text);
      if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= minimum) return value;
      throw new SyntaxError(`"${text}" is not a whole number of at least ${minimum}`);
    },
    optional: true,
    placeholder,
    brief,
  } as const;
}

/** Parses a file mode in octal. */
export function octalMode(text: string): number {
  if (/^0?[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8);
  throw new SyntaxError(`"${text}" is not a file mode in octal, such as 0644`);
}

/** A flag without a value. */
export function flag(brief: string) {
  return { kind: 'boolean', default: false, withNegated: false, brief } as const;
}

/** A flag with a string. */
export function text(placeholder: string, brief: string) {
  return { kind: 'parsed', parse: String, optional: true, placeholder, brief } as const;
}

/** A flag with a string that can be repeated. */
export function texts(placeholder: string, brief: string) {
  return { ...text(placeholder, brief), variadic: true } as const;
}

/** A flag with a duration. */
export function durationFlag(brief: string) {
  return { kind: 'parsed', parse: duration, optional: true, placeholder: 'time', brief } as const;
}

/** The flags of {@link GuestFlags}. */
export const guestFlags = {
  to: {
    ...texts(
      'target',
      'Guest: unix:PATH, libvirt:DOMAIN, vsock:CID:PORT, … or a name of the targets file; can be repeated (default: $GUESTCTL_TARGET)',
    ),
    async proposeCompletions(this: CliContext, partial: string) {
      const { targetCandidates } = await import('./completion/values.js');
      return await targetCandidates(this, partial);
    },
  },
  timeout: durationFlag(
    'Timeout of the connection (default: 5s) and of each reply (default: 30s): 2m, 500ms; seconds without a unit',
  ),
  parallel: numberFlag(1, 'number', 'Number of guests to process at the same time (default: 8)'),
  json: flag('Print JSON: one document, or one line for each of several guests'),
} as const;

/** Declares a command, whose module is loaded when it is called. The help prints `details` in place of the brief. */
export function command<
  const Flags extends Readonly<Partial<Record<keyof Flags, unknown>>>,
  const Args extends BaseArgs,
>(
  brief: string,
  loader: CommandFunctionLoader<Flags, Args, CliContext>,
  parameters: NoInfer<TypedCommandParameters<Flags, Args, CliContext>>,
  ...details: readonly string[]
): Command<CliContext> {
  const docs = details.length === 0 ? { brief } : { brief, fullDescription: details.join('\n') };
  return buildCommand({ loader, parameters, docs });
}

type PlainCommand = (this: CliContext, flags: GuestFlags) => Promise<void>;

/** Declares a command that has only the {@link guestFlags}. */
export function plainCommand(
  brief: string,
  loader: () => Promise<PlainCommand | { readonly default: PlainCommand }>,
): Command<CliContext> {
  return command(brief, loader, { flags: guestFlags });
}

/** The positional arguments of a command. */
export function tuple<const T extends readonly unknown[]>(...parameters: T) {
  return { kind: 'tuple', parameters } as const;
}

/** At least `minimum` positional arguments of the same kind. */
export function words<const T>(minimum: number, parameter: T) {
  return { kind: 'array', minimum, parameter } as const;
}

/** A positional argument. */
export function word(placeholder: string, brief: string, proposeCompletions: Propose = () => []) {
  return { placeholder, parse: String, brief, proposeCompletions } as const;
}

/** Proposes the paths of this host. */
export function localFile(): readonly string[] {
  return [':files '];
}

/** A positional argument with a fixed set of values. */
export function choice<const T extends string>(words: readonly T[], brief: string) {
  return {
    placeholder: words.join('|'),
    parse: (text: string): T => {
      const found = words.find((known) => known === text);
      if (found === undefined) throw new SyntaxError(`"${text}" is not one of ${words.join(', ')}`);
      return found;
    },
    proposeCompletions: () => words,
    brief,
  } as const;
}
