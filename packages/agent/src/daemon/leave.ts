import { exitNow } from '@guestwire/posix';

/**
 * Ends the process at once. Node's own `exit` first waits for the threads of its pool, and the operating system may hold
 * one of them fast: in a disk, a network or a FIFO that does not answer.
 */
export function leave(status: number): never {
  try {
    exitNow(status);
  } catch {
    // There is no native part to be had.
  }
  process.exit(status);
}
