import { constants } from 'node:fs';
import { closeFd, EBUSY, EOPNOTSUPP, errnoText, ioctl, loadFfi, openFd, systemError } from '@guestwire/posix';

// _IOWR('X', 119 and 120, int), in the encoding that all but a few old architectures share.
const FIFREEZE = 0xc0045877;
const FITHAW = 0xc0045878;

/** What came of freezing one filesystem: `error` says in the words of the reference what went wrong. */
export type FreezeOutcome = 'frozen' | 'skipped' | { readonly error: string; readonly cause: unknown };

/** What freezing filesystems takes of the kernel; tests put another in its place. */
export interface FilesystemFreezer {
  /** Loads what the others need: once filesystems are frozen, nothing must be read for the first time. */
  prepare(): void;
  /**
   * Writes out and freezes the filesystem that is mounted there. May take as long as the disk needs. One that cannot
   * be frozen by its nature, or that is frozen already, is skipped (qemu-ga §5.10).
   */
  freeze(directory: Buffer): Promise<FreezeOutcome>;
  /** Thaws a filesystem as often as it was frozen. False if it was not, or cannot be reached. */
  thaw(directory: Buffer): Promise<boolean>;
}

/** The kernel's own, by `ioctl` on the mount point. The calls run in the thread pool. */
export const kernelFreezer: FilesystemFreezer = {
  prepare() {
    loadFfi();
  },

  async freeze(directory) {
    let fd: number;
    try {
      fd = await openFd(directory, constants.O_RDONLY);
    } catch (cause) {
      return { error: `failed to open ${directory}: ${errnoText(cause)}`, cause };
    }
    try {
      const errno = -(await ioctl(fd, FIFREEZE));
      if (errno === EOPNOTSUPP || errno === EBUSY) return 'skipped';
      if (errno <= 0) return 'frozen';
      const cause = systemError(errno, 'FIFREEZE');
      return { error: `failed to freeze ${directory}: ${errnoText(cause)}`, cause };
    } finally {
      await closeFd(fd);
    }
  },

  async thaw(directory) {
    let fd: number;
    try {
      fd = await openFd(directory, constants.O_RDONLY);
    } catch {
      return false;
    }
    try {
      let thawed = false;
      // It may have been frozen more than once; the last call, which fails, tells that nothing holds it any more.
      while ((await ioctl(fd, FITHAW)) >= 0) thawed = true;
      return thawed;
    } finally {
      await closeFd(fd);
    }
  },
};
