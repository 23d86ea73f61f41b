import { closeSync, constants, openSync, readSync } from 'node:fs';
import { errnoOf, errnoText, writeFd } from '@guestwire/posix';

/** The system call that failed; error texts name it. */
type Call = 'open' | 'pread' | 'pwrite';

/** An attribute could not be used. Each command has its own words around what this tells. */
export class AttributeError extends Error {
  override readonly name = 'AttributeError';
  readonly call: Call;
  /** The positive error number; 0 if the file is empty. */
  readonly errno: number;
  /** The end of the text: that of the error number, or `unexpected EOF`. */
  readonly reason: string;

  constructor(call: Call, cause?: unknown) {
    const reason = cause === undefined ? 'unexpected EOF' : errnoText(cause);
    super(`${call}: ${reason}`, { cause });
    this.call = call;
    this.errno = errnoOf(cause) ?? 0;
    this.reason = reason;
  }
}

/** A file of sysfs, open: a word or a number that the kernel tells, and can be told. */
export class Attribute implements Disposable {
  readonly #fd: number;

  /** @throws {AttributeError} */
  constructor(path: string, mode: 'r' | 'w' | 'rw' = 'r') {
    const flags = { r: constants.O_RDONLY, w: constants.O_WRONLY, rw: constants.O_RDWR }[mode];
    this.#fd = attempt('open', () => openSync(path, flags));
  }

  /**
   * Its first bytes, read in this thread: they are in memory.
   *
   * @throws {AttributeError} also if there are none
   */
  read(length: number): string {
    const bytes = Buffer.alloc(length);
    const count = attempt('pread', () => readSync(this.#fd, bytes, 0, length, 0));
    if (count === 0) throw new AttributeError('pread');
    return bytes.toString('latin1', 0, count);
  }

  /**
   * Tells the kernel. This waits in the thread pool: taking memory away may take the kernel long.
   *
   * @throws {AttributeError}
   */
  async write(text: string): Promise<void> {
    try {
      await writeFd(this.#fd, Buffer.from(text, 'latin1'), 0);
    } catch (cause) {
      throw new AttributeError('pwrite', cause);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

function attempt<T>(call: Call, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new AttributeError(call, cause);
  }
}

/** Why a folder of attributes cannot be opened; undefined if it can. */
export function folderError(path: string): unknown {
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_DIRECTORY));
    return undefined;
  } catch (error) {
    return error;
  }
}
