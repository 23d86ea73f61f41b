import type { CallOptions, Guest, Target, Transport } from '@guestwire/client';

/** A way to an agent that is looked at, as far as it has been opened. */
export interface Patient {
  readonly target: Target;
  /** Of each look. */
  readonly limits: CallOptions & { readonly timeout: number; readonly signal: AbortSignal };
  transport: Transport | undefined;
  guest: Guest | undefined;
}

/** The signal for one look. */
export function within({ limits: { timeout, signal } }: Patient): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(Math.min(timeout, 2 ** 31 - 1))]);
}
