import { constants } from 'node:fs';
import { type FileHandle, open, stat, unlink } from 'node:fs/promises';
import { EAGAIN, ENOENT, errnoOf, errnoText, lockDescription, lockFile, systemError } from '@guestwire/posix';
import { AgentError } from '../agent-error.js';
import { within } from '../timer.js';

const { O_CREAT, O_WRONLY } = constants;

/** A start does not wait longer than this for the disk of the pid file. */
const WRITE_TIMEOUT_MS = 5_000;

/** The end of the daemon has 20 seconds for all its steps. */
const REMOVE_TIMEOUT_MS = 500;

/** A locked pid file. Disposing removes it, unless its disk does not respond. */
export interface PidFile extends AsyncDisposable {
  readonly path: string;
}

/**
 * Writes a pid file (qemu-ga §8.6) with mode 0600, which stays locked while this process runs.
 * @throws {AgentError} `pid-file`, with the text of qemu-ga, or if its disk does not respond within 5 seconds
 */
export async function writePidFile(path: string): Promise<PidFile> {
  const file = await within(WRITE_TIMEOUT_MS, createPidFile(path));
  if (file !== undefined) return file;
  throw new AgentError('pid-file', `Could not create '${path}': its disk does not respond`, {
    advice: 'has another program frozen the filesystem? --pidfile names another file',
  });
}

async function createPidFile(path: string): Promise<PidFile> {
  for (;;) {
    const creation = 'the folder must exist and be writable; --pidfile names another file';
    const file = await attempt(
      `Could not create '${path}'`,
      () => open(path, O_WRONLY | O_CREAT, 0o600),
      creation,
    );
    try {
      const locked = `is another agent running? ${path} is locked; --pidfile names another file`;
      await attempt('Cannot lock pid file', async () => lock(file.fd), locked);
      // The previous holder of the lock may have removed the file.
      if (await isAt(path, file)) {
        await attempt('Failed to truncate pid file', () => file.truncate());
        await attempt('Failed to write pid file', () => file.write(`${process.pid}\n`));
        return {
          path,
          [Symbol.asyncDispose]: async () => void (await within(REMOVE_TIMEOUT_MS, remove(path, file))),
        };
      }
    } catch (error) {
      await file.close();
      throw error;
    }
    await file.close();
  }
}

/**
 * Takes the lock of qemu-ga, which keeps a qemu-ga out, and one that remains when a host opens and closes the file with
 * `guest-file-*`.
 */
function lock(fd: number): void {
  lockFile(fd);
  if (!lockDescription(fd)) throw systemError(EAGAIN, 'flock');
}

async function remove(path: string, file: FileHandle): Promise<void> {
  try {
    // While the lock is held, another agent can only have replaced the file.
    if (await isAt(path, file)) await unlink(path);
    await file.close();
  } catch {
    // The lock ends with the process, and another agent can use the file.
  }
}

async function isAt(path: string, file: FileHandle): Promise<boolean> {
  try {
    const current = await stat(path);
    const opened = await file.stat();
    return current.ino === opened.ino && current.dev === opened.dev;
  } catch (error) {
    if (errnoOf(error) === ENOENT) return false;
    throw error;
  }
}

async function attempt<T>(what: string, call: () => Promise<T>, advice?: string): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw (
      AgentError.from(cause) ?? new AgentError('pid-file', `${what}: ${errnoText(cause)}`, { advice, cause })
    );
  }
}
