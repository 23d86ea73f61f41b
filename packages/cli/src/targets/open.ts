import type { CallOptions, Guest, Target } from '@guestwire/client';
import type { CliContext } from '../context.js';
import { UsageError } from '../exit-status.js';
import type { GuestFlags } from '../parameters.js';

/** The limits that the flags ask for, and that of the program itself. */
export function limitsOf(context: CliContext, { timeout }: Pick<GuestFlags, 'timeout'>): CallOptions {
  return {
    signal: context.interrupts.signal,
    ...(timeout === undefined ? {} : { timeout }),
  };
}

/** What is no target is a mistake of the command line. */
function asUsage(error: unknown): unknown {
  return error instanceof TypeError ? new UsageError(error.message, { cause: error }) : error;
}

/**
 * Reads a target; also to make sure that it is one before any guest is asked for anything.
 *
 * @throws {UsageError} if it is none
 */
export async function readTarget(target: string): Promise<Target> {
  const { parseTarget } = await import('@guestwire/client');
  try {
    return parseTarget(target);
  } catch (error) {
    throw asUsage(error);
  }
}

/** Connects to a guest. */
export async function openGuest(target: string, limits: CallOptions): Promise<Guest> {
  const { connect } = await import('@guestwire/client');
  try {
    return await connect(target, limits);
  } catch (error) {
    throw asUsage(error);
  }
}
