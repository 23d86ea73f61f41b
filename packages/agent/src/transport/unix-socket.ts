import { closeSync, lstatSync, type Stats, unlinkSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  AF_UNIX,
  bind,
  EACCES,
  ENOENT,
  errnoText,
  listen,
  socket,
  strerror,
  unixPathAddress,
} from '@guestwire/posix';
import { AgentError } from '../agent-error.js';
import { privateWhile, setSocketMode } from './socket-mode.js';

/** `sun_path` has 108 bytes, one of them for the NUL that ends the path. */
const MAX_PATH_BYTES = 107;

/** Clients that may wait in the kernel for their turn; a further one waits in its own `connect`. */
const BACKLOG = 256;

/**
 * Replaces the socket of an earlier agent at `path`, and listens.
 * @param mode the permissions of the socket
 * @returns a non-blocking descriptor
 * @throws {AgentError} `transport`
 */
export function listenAtPath(path: string, mode: number): number {
  prepareSocketPath(path);
  const fd = socket(AF_UNIX);
  if (fd < 0) throw new AgentError('transport', `Failed to create socket: ${strerror(-fd)}`);
  try {
    // Before the permissions are set, nobody else could connect.
    const bound = privateWhile(() => bind(fd, unixPathAddress(path)));
    const result = bound < 0 ? bound : listen(fd, BACKLOG);
    if (result < 0) throw bindError(path, -result);
    setMode(path, mode);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * Removes the socket of an earlier agent.
 * @throws {AgentError} `transport` if another file is at the path, or it is too long
 */
export function prepareSocketPath(path: string): void {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new AgentError('transport', `UNIX socket path '${path}' is too long`, {
      advice: `the limit is ${MAX_PATH_BYTES} bytes; --path names another`,
    });
  }
  if (!isAbstract(path)) removeOldSocket(path);
}

/** Removes the socket of this agent: in the thread pool, since its filesystem may be frozen. Never rejects. */
export async function removeSocket(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch {
    // Somebody else has removed it.
  }
}

/** Returns whether a socket has no file, and so no permissions. */
export function isAbstract(path: string): boolean {
  return path.startsWith('\0');
}

/**
 * Sets the permissions of a socket, if it has a file.
 * @throws {AgentError} `transport`
 */
export function setMode(path: string, mode: number): void {
  if (isAbstract(path)) return;
  try {
    setSocketMode(path, mode);
  } catch (cause) {
    throw new AgentError('transport', `Failed to set permissions of socket ${path}: ${errnoText(cause)}`, {
      cause,
    });
  }
}

/** Returns a random path in the folder for temporary files. */
export function temporarySocketPath(): string {
  const random = Array.from({ length: 6 }, () => Math.floor(Math.random() * 36).toString(36)).join('');
  return join(tmpdir(), `qemu-socket-${random}`);
}

function removeOldSocket(path: string): void {
  let old: Stats;
  try {
    old = lstatSync(path);
  } catch {
    // Either there is nothing to remove, or listening fails with the reason.
    return;
  }
  if (!old.isSocket()) {
    throw new AgentError('transport', `Failed to unlink socket ${path}: it is not a socket`, {
      advice: 'remove it if it is not needed, or give another --path',
    });
  }
  try {
    unlinkSync(path);
  } catch (cause) {
    throw new AgentError('transport', `Failed to unlink socket ${path}: ${errnoText(cause)}`, {
      advice: 'run guestd as the owner of this old socket, or give another --path',
      cause,
    });
  }
}

/** Returns the error of a socket that cannot be bound. */
export function bindError(path: string, errno: number): AgentError {
  const folder = dirname(path);
  const advice =
    errno === ENOENT
      ? `create the folder ${folder} first, or give another --path`
      : errno === EACCES
        ? `this user may not write to ${folder}; run guestd as another user or give another --path`
        : 'give another --path';
  return new AgentError('transport', `Failed to bind socket to ${path}: ${strerror(errno)}`, { advice });
}
