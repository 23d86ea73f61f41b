import { waitpid } from '@guestwire/posix';

/** How a process ended. Both are absent if other code in this process collected it first. */
export interface Ending {
  readonly exitcode?: number;
  readonly signal?: number;
}

/**
 * Collects children that were not started through Node, so that none stays a zombie. Listens for `SIGCHLD` while there are
 * any; that does not keep the process alive.
 */
export class Children {
  readonly #running = new Map<number, (ending: Ending) => void>();
  readonly #pollAll = (): void => {
    for (const pid of this.#running.keys()) this.poll(pid);
  };

  /** Calls `onEnd` once the child has ended, possibly before this returns. */
  watch(pid: number, onEnd: (ending: Ending) => void): void {
    if (this.#running.size === 0) process.on('SIGCHLD', this.#pollAll);
    this.#running.set(pid, onEnd);
    // It may have ended before the signal handler was installed.
    this.poll(pid);
  }

  /** Checks now whether a child has ended: the signal may still be on its way. */
  poll(pid: number): void {
    const onEnd = this.#running.get(pid);
    if (onEnd === undefined) return;
    const status = waitpid(pid);
    if (status === 'running') return;
    this.#running.delete(pid);
    if (this.#running.size === 0) process.off('SIGCHLD', this.#pollAll);
    onEnd(status === 'unknown' ? {} : parseWaitStatus(status));
  }
}

/** Ignores core dumps. */
function parseWaitStatus(status: number): Ending {
  const signal = status & 0x7f;
  return signal === 0 ? { exitcode: (status >> 8) & 0xff } : { signal };
}
