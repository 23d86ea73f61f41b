import { exitStatus, exitStatusOf, interruptionIn } from './exit-status.js';
import { printable } from './output/printable.js';

/**
 * What went wrong, and what to do, in one line; with where it happened if it should not have happened at all. Safe to show.
 */
export function mistakeOf(error: unknown): string {
  const interrupted = interruptionIn(error);
  if (interrupted !== undefined) return interrupted.message;
  if (exitStatusOf(error) === exitStatus.internal && error instanceof Error) {
    return `this is a mistake in guestctl: ${error.stack ?? error.message}`;
  }
  return printable(error instanceof Error ? error.message : String(error));
}
