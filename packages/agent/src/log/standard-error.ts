import { LineQueue } from './line-queue.js';

const STDERR = 2;

/** The end of a process does not wait longer than this for a pipe that nobody reads, or for a disk. */
export const FLUSH_TIMEOUT_MS = 1000;

/** The lines for standard error, of all parts of the process in their order. */
export const standardError = new LineQueue(Promise.resolve(STDERR));

/**
 * Writes lines for the user of the program: later, so {@link LineQueue.flush} must follow. A closed pipe, a full disk or a
 * closed descriptor lose them.
 */
export function writeStandardError(text: string): void {
  if (text !== '') standardError.add(text, (lost) => `guestd: ${lost} lines were lost\n`);
}
