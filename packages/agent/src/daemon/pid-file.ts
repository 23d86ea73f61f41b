import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { ENOENT, errnoOf, errnoText, lockFile } from '@guestwire/posix';
import { AgentError } from '../agent-error.js';

const { O_CREAT, O_WRONLY } = constants;

/** A locked pid file. Disposing removes it. */
export interface PidFile extends Disposable {
  readonly path: string;
}

/**
 * Writes a pid file (qemu-ga §8.6) with mode 0600, which stays locked while this process runs.
 * @throws {AgentError} `pid-file`, with the text of qemu-ga
 */
export function writePidFile(path: string): PidFile {
  for (;;) {
    const creation = 'the folder must exist and be writable; --pidfile names another file';
    const fd = attempt(
      `Could not create '${path}'`,
      () => openSync(path, O_WRONLY | O_CREAT, 0o600),
      creation,
    );
    try {
      const locked = `is another agent running? ${path} is locked; --pidfile names another file`;
      attempt('Cannot lock pid file', () => lockFile(fd), locked);
      // The previous holder of the lock may have removed the file.
      if (isAt(path, fd)) {
        attempt('Failed to truncate pid file', () => ftruncateSync(fd));
        attempt('Failed to write pid file', () => writeSync(fd, `${process.pid}\n`));
        return { path, [Symbol.dispose]: () => remove(path, fd) };
      }
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
  }
}

function remove(path: string, fd: number): void {
  try {
    // While the lock is held, another agent can only have replaced the file.
    if (isAt(path, fd)) unlinkSync(path);
  } catch {
    // The lock ends with the process, and another agent can use the file.
  }
  closeSync(fd);
}

function isAt(path: string, fd: number): boolean {
  try {
    const current = statSync(path);
    const opened = fstatSync(fd);
    return current.ino === opened.ino && current.dev === opened.dev;
  } catch (error) {
    if (errnoOf(error) === ENOENT) return false;
    throw error;
  }
}

function attempt<T>(what: string, call: () => T, advice?: string): T {
  try {
    return call();
  } catch (cause) {
    throw (
      AgentError.from(cause) ?? new AgentError('pid-file', `${what}: ${errnoText(cause)}`, { advice, cause })
    );
  }
}
