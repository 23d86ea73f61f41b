import type { FileHandle } from 'node:fs/promises';
import { lockDescription } from '@guestwire/posix';

/**
 * Locks a state file until it is closed. Returns false if another agent holds the lock. Without the FFI nothing can be
 * frozen either, so that no lock is needed.
 */
export function lockFile(file: FileHandle): boolean {
  try {
    return lockDescription(file.fd);
  } catch {
    return true;
  }
}
