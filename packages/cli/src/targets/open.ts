import type { CallOptions, Guest, Target } from '@guestwire/client';
import type { CliContext } from '../context.js';
import { UsageError } from '../exit-status.js';
import type { GuestFlags } from '../parameters.js';

/** Returns the call options for the flags; the signal is that of the program. */
export function callOptions(context: CliContext, { timeout }: Pick<GuestFlags, 'timeout'>): CallOptions {
  return {
    signal: context.interrupts.signal,
    ...(timeout === undefined ? {} : { timeout }),
  };
}

/** An invalid target is a usage error. */
function rethrow(error: unknown): never {
  throw error instanceof TypeError ? new UsageError(error.message, { cause: error }) : error;
}

/**
 * Parses a target; also used to check all targets before the first connection.
 *
 * @throws {UsageError} if it is invalid
 */
export async function readTarget(target: string): Promise<Target> {
  const { parseTarget } = await import('@guestwire/client');
  try {
    return parseTarget(target);
  } catch (error) {
    rethrow(error);
  }
}

/** Connects to a guest. */
export async function openGuest(target: string, options: CallOptions): Promise<Guest> {
  const { connect } = await import('@guestwire/client');
  return await connect(target, options).catch(rethrow);
}
