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

/** A pid file that is ours: disposing of it removes it. Until then no other agent can have it. */
export interface PidFile extends Disposable {
  readonly path: string;
}

/**
 * Makes a pid file: mode 0600, locked as long as this process lives, and in it the process's number and a newline
 * (qemu-ga §8.6).
 *
 * @throws {AgentError} `pid-file`, in the words of the reference
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
        // As long as the lock is held, whoever looks at the path waits for us or makes a file of his own.
        if (isAt(path, fd)) unlinkSync(path);
      } catch {
        // It is of no use to anybody any more, and the lock ends with the process.
      }
      closeSync(fd);
    },
  };
}

/** Opens and locks the file that is at the path when it has been locked. */
function openLocked(path: string): number {
  for (;;) {
    const fd = attempt(
      `Could not create '${path}'`,
      () => openSync(path, O_WRONLY | O_CREAT, 0o600),
      'is the folder there and writable? --pidfile names another file',
    );
    try {
      attempt(
        'Cannot lock pid file',
        () => lockFile(fd),
        `is another agent running? ${path} is locked; --pidfile names another file`,
      );
      // Who held the lock before may have removed the file meanwhile.
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
    const there = statSync(path);
    const ours = fstatSync(fd);
    return there.ino === ours.ino && there.dev === ours.dev;
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
