import { closeSync, constants, openSync, readSync } from 'node:fs';
import { ENOENT, writeFd } from '@guestwire/posix';
import { attempt, attemptAsync, OperationError } from '../operation-error.js';

/** A system call on an attribute; error texts name it. */
type Call = 'open' | 'pread' | 'pwrite';

const FLAGS = { r: constants.O_RDONLY, w: constants.O_WRONLY, rw: constants.O_RDWR };

/** An open file of sysfs: a word or a number that the kernel reports, and may accept. */
export class SysfsAttribute implements Disposable {
  readonly #fd: number;
  readonly #describe: (call: Call) => string;

  /** @param describe returns the beginning of an error text @throws {OperationError} */
  constructor(path: string, mode: keyof typeof FLAGS, describe: (call: Call) => string) {
    this.#describe = describe;
    this.#fd = attempt(describe('open'), () => openSync(path, FLAGS[mode]));
  }

  /**
   * Returns the first bytes, at most `length`. It reads in this thread: attributes are in memory.
   * @throws {OperationError} also if the file is empty
   */
  read(length: number): string {
    const bytes = Buffer.alloc(length);
    const what = this.#describe('pread');
    const count = attempt(what, () => readSync(this.#fd, bytes, 0, length, 0));
    if (count === 0) throw new OperationError(`${what}: unexpected EOF`);
    return bytes.toString('latin1', 0, count);
  }

  /** Writes in the thread pool: switching memory off may take the kernel long. @throws {OperationError} */
  async write(text: string): Promise<void> {
    const bytes = Buffer.from(text, 'latin1');
    await attemptAsync(this.#describe('pwrite'), () => writeFd(this.#fd, bytes, 0));
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** Throws a system error unless `path` is a folder that can be opened. */
export function checkFolder(path: string): void {
  closeSync(openSync(path, constants.O_RDONLY | constants.O_DIRECTORY));
}

/** Returns the result of `read`; undefined if an attribute does not exist. */
export function unlessMissing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof OperationError && error.causeErrno === ENOENT) return undefined;
    throw error;
  }
}
