import { open } from 'node:fs/promises';
import { EBUSY, EOPNOTSUPP, ioctl, loadFfi, systemError } from '@guestwire/posix';
import { attemptAsync, OperationError } from '../operation-error.js';

// _IOWR('X', 119 and 120, int), in the encoding that all but a few old architectures share.
const FIFREEZE = 0xc0045877;
const FITHAW = 0xc0045878;

/** Freezes and thaws single filesystems; a test may replace it. */
export interface FilesystemFreezer {
  /** Loads everything that the other methods need: while filesystems are frozen, no file can be read. */
  prepare(): void;
  /**
   * Writes out and freezes the filesystem at a mount point, which may take as long as the disk needs.
   * @returns false if it cannot be frozen by its nature, or is already frozen (qemu-ga §5.10)
   * @throws {OperationError}
   */
  freeze(directory: Buffer): Promise<boolean>;
  /** Thaws a filesystem as often as it was frozen. Returns false if it was not frozen, or cannot be reached. */
  thaw(directory: Buffer): Promise<boolean>;
}

/** Freezes by `ioctl` on the mount point, in the thread pool. */
export const kernelFreezer: FilesystemFreezer = {
  prepare: loadFfi,

  async freeze(directory) {
    await using file = await attemptAsync(`failed to open ${directory}`, () => open(directory, 'r'));
    const errno = -(await ioctl(file.fd, FIFREEZE));
    if (errno === EOPNOTSUPP || errno === EBUSY) return false;
    if (errno > 0) throw OperationError.of(`failed to freeze ${directory}`, systemError(errno, 'FIFREEZE'));
    return true;
  },

  async thaw(directory) {
    await using file = await open(directory, 'r').catch(() => undefined);
    if (file === undefined) return false;
    let thawed = false;
    // It may be frozen more than once; the call that fails shows that it is thawed.
    while ((await ioctl(file.fd, FITHAW)) >= 0) thawed = true;
    return thawed;
  },
};
