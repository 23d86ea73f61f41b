import { connect, type Guest, type Limits } from '@guestwire/client';
import type { CliContext } from './context.js';
import { UsageError } from './exit-status.js';

/** The flags of every command that talks to a guest. */
export interface GuestFlags {
  readonly to?: string;
  readonly timeout?: number;
}

/** The limits that the flags ask for. */
export const limitsOf = ({ timeout }: GuestFlags): Limits =>
  timeout === undefined ? {} : { timeout: timeout * 1000 };

/** Connects to the guest that the flags, or the environment, name. */
export const guestOf = async (context: CliContext, flags: GuestFlags): Promise<Guest> => {
  const target = flags.to ?? context.process.env['GUESTCTL_TARGET'];
  if (target === undefined || target === '') {
    throw new UsageError(
      'which guest? Name it with --to unix:PATH, or in the environment as GUESTCTL_TARGET',
    );
  }
  try {
    return await connect(target, limitsOf(flags));
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(error.message, { cause: error }) : error;
  }
};
