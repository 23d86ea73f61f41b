import type { CliContext } from './context.js';

/** What the flags look like to a person; nothing here loads the client before a flag needs it. */

/** The flags of every command that talks to guests. */
export interface GuestFlags {
  readonly to?: readonly string[];
  /** Milliseconds. */
  readonly timeout?: number;
  readonly parallel?: number;
  readonly json: boolean;
}

/** A time span in milliseconds: a number of seconds, or a number with its unit. Not 0. */
async function duration(text: string): Promise<number> {
  const { parseDuration } = await import('@guestwire/client');
  const milliseconds = /^\d+(\.\d+)?$|^\.\d+$/.test(text) ? Number(text) * 1000 : parseDuration(text);
  if (milliseconds > 0) return milliseconds;
  throw new SyntaxError(`"${text}" is no time span above 0`);
}

/** A whole number of at least `least`. */
export function wholeNumber(least: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new SyntaxError(`"${text}" is no whole number of at least ${least}`);
  };
}

/** Permissions of a file, in octal. */
export function octalMode(text: string): number {
  if (/^0?[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8);
  throw new SyntaxError(`"${text}" are no permissions in octal, such as 0644`);
}

/** A flag that is there or not. */
export function flag(brief: string) {
  return { kind: 'boolean', default: false, withNegated: false, brief } as const;
}

/** A flag with a text. */
export function text(placeholder: string, brief: string) {
  return { kind: 'parsed', parse: String, optional: true, placeholder, brief } as const;
}

/** A flag with a text that may be given several times. */
export function texts(placeholder: string, brief: string) {
  return { kind: 'parsed', parse: String, optional: true, variadic: true, placeholder, brief } as const;
}

/** A flag with a time span. */
export function span(brief: string) {
  return { kind: 'parsed', parse: duration, optional: true, placeholder: 'time', brief } as const;
}

/** The flags of {@link GuestFlags}. */
export const guestFlags = {
  to: {
    ...texts(
      'target',
      'The guest: unix:PATH, libvirt:DOMAIN, …, or a name from the file of targets; may be given several times. Else GUESTCTL_TARGET names it',
    ),
    async proposeCompletions(this: CliContext, partial: string) {
      const { targetCandidates } = await import('./completion/values.js');
      return await targetCandidates(this, partial);
    },
  },
  timeout: span(
    'How long to wait for the connection (5 s if absent), and for an answer (30 s if absent): 2m, 500ms; seconds without a unit',
  ),
  parallel: {
    kind: 'parsed',
    parse: wholeNumber(1),
    optional: true,
    placeholder: 'number',
    brief: 'How many guests to ask at the same time, where there are several (8 if absent)',
  },
  json: flag('Print JSON: one document, or a line for each guest where there are several'),
} as const;
