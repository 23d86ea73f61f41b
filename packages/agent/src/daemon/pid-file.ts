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
 *
 * @throws {AgentError} `pid-file`, with the text of qemu-ga
 */
export function writePidFile(path: string): PidFile {
  const fd = openLocked(path);
  try {
    attempt('Failed to truncate pid file', () => ftruncateSync(fd));
    attempt('Failed to write pid file', () => writeSync(fd, `${process.pid}\n`));
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return {
    path,
    [Symbol.dispose]() {
      try {
        // While the lock is held, another agent can only have replaced the file.
        if (isAt(path, fd)) unlinkSync(path);
      } catch {
        // The lock ends with the process, and another agent can use the file.
      }
      closeSync(fd);
    },
  };
}

/** Opens and locks the file; it is still at the path once it is locked. */
function openLocked(path: string): number {
  for (;;) {
    const fd = attempt(
      `Could not create '${path}'`,
      () => openSync(path, O_WRONLY | O_CREAT, 0o600),
      'the folder must exist and be writable; --pidfile names another file',
    );
    try {
      attempt(
        'Cannot lock pid file',
        () => lockFile(fd),
        `is another agent running? ${path} is locked; --pidfile names another file`,
      );
      // The previous holder of the lock may have removed the file.
      if (isAt(path, fd)) return fd;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
  }
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
    throw new AgentError('pid-file', `${what}: ${errnoText(cause)}`, {
      ...(advice === undefined ? {} : { advice }),
      cause,
    });
  }
}
