import { waitpid } from '@guestwire/posix';

/** How a process ended. Neither, if somebody else in this process collected it first. */
export interface Ending {
  readonly exitcode?: number;
  /** The number of the signal that killed it. */
  readonly signal?: number;
}

/**
 * Collects children that were started past Node, so that none stays a zombie. It listens for `SIGCHLD` as long as
 * there are any; that does not keep the process alive.
 */
export class Children {
  readonly #running = new Map<number, (ending: Ending) => void>();
  readonly #signalled = (): void => {
    for (const pid of this.#running.keys()) this.look(pid);
  };

  /** Calls `ended` once the child has ended: maybe before this returns. */
  watch(pid: number, ended: (ending: Ending) => void): void {
    if (this.#running.size === 0) process.on('SIGCHLD', this.#signalled);
    this.#running.set(pid, ended);
    // It may have ended before anybody listened.
    this.look(pid);
  }

  /** Finds out at once whether a child has ended: the signal may still be on its way. */
  look(pid: number): void {
    const ended = this.#running.get(pid);
    if (ended === undefined) return;
    const status = waitpid(pid);
    if (status === 'running') return;
    this.#running.delete(pid);
    if (this.#running.size === 0) process.off('SIGCHLD', this.#signalled);
    ended(status === 'unknown' ? {} : endingOf(status));
  }
}

/** Reads a wait status; a core dump is no matter of ours. */
function endingOf(status: number): Ending {
  const signal = status & 0x7f;
  return signal === 0 ? { exitcode: (status >> 8) & 0xff } : { signal };
}
