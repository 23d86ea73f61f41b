import { constants, existsSync } from 'node:fs';
import {
  closeFd,
  EBUSY,
  EINVAL,
  EOPNOTSUPP,
  ioctl,
  loadFfi,
  openFd,
  statFd,
  systemError,
} from '@guestwire/posix';
import { type DeviceNumber, deviceKey, splitDeviceNumber } from '../guest/storage/mount-table.js';
import type { Mount } from '../guest/storage/mounts.js';
import { OperationError } from '../operation-error.js';
import { detachedFilesystem } from './detached.js';
import type { RecordedFilesystem } from './record-format.js';

// _IOWR('X', 119 and 120, int), in the encoding that all but a few old architectures share.
const FIFREEZE = 0xc0045877;
const FITHAW = 0xc0045878;

/** A mount point may be a file: a FIFO must not block. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** An open filesystem, which cannot be unmounted. */
export interface OpenFilesystem {
  /**
   * Writes out and freezes the filesystem, which may take as long as the disk needs.
   * @returns false if it cannot be frozen by its nature, or is already frozen (qemu-ga §5.10)
   * @throws {OperationError}
   */
  freeze(): Promise<boolean>;
  /**
   * Thaws the filesystem as often as it was frozen, until the kernel confirms that it is not frozen, or its device is gone.
   * @returns false if it was not frozen
   * @throws {OperationError} if it may still be frozen
   */
  thaw(): Promise<boolean>;
  close(): void;
}

/** Access to filesystems; a test may replace it. */
export interface FilesystemFreezer {
  /** Loads everything that the other methods need: while filesystems are frozen, no file can be read. */
  prepare(): void;
  /**
   * Opens a filesystem at the first of its mount points that leads to it.
   * @param mounts all mounts
   * @returns undefined if another filesystem is mounted over each of them
   * @throws {OperationError} `failed to open DIRECTORY: …`
   */
  open(mount: Mount, mounts: readonly Mount[]): Promise<OpenFilesystem | undefined>;
  /**
   * Opens a filesystem that an earlier agent may have frozen, at one of its mount points.
   * @returns undefined if no mount point leads to it
   */
  openRecorded(filesystem: RecordedFilesystem, mounts: readonly Mount[]): Promise<OpenFilesystem | undefined>;
  /**
   * Opens a filesystem as {@link openRecorded} does, or without a mount point.
   * @returns undefined if its device is gone, or has no filesystem in use
   * @throws {OperationError}
   */
  reach(filesystem: RecordedFilesystem, mounts: readonly Mount[]): Promise<OpenFilesystem | undefined>;
}

/** Freezes by `ioctl`, in the thread pool. */
export const kernelFreezer: FilesystemFreezer = {
  prepare: loadFfi,

  async open(mount, mounts) {
    let failure: unknown;
    for (const directory of mount.directories) {
      try {
        const fd = await openMountPoint(directory, mount, mounts);
        if (fd !== undefined) return new KernelFilesystem(fd, `${mount.directory}`, mount);
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw OperationError.of(`failed to open ${mount.directory}`, failure);
    return undefined;
  },

  async openRecorded(filesystem, mounts) {
    const fd = await openMounted(filesystem, mounts);
    return fd === undefined ? undefined : new KernelFilesystem(fd, filesystem.directory, filesystem);
  },

  async reach(filesystem, mounts) {
    const mounted = await kernelFreezer.openRecorded(filesystem, mounts);
    if (mounted !== undefined) return mounted;
    const fd = await detachedFilesystem(filesystem);
    return fd === undefined ? undefined : new KernelFilesystem(fd, filesystem.directory, filesystem);
  },
};

/** Returns undefined if no mount point leads to the filesystem: anything may be mounted over them. */
async function openMounted(device: DeviceNumber, mounts: readonly Mount[]): Promise<number | undefined> {
  const mount = mounts.find((candidate) => deviceKey(candidate) === deviceKey(device));
  for (const directory of mount?.directories ?? []) {
    // Failures do not matter, since there is another way.
    const fd = await openFd(directory, OPEN_FLAGS).catch(() => undefined);
    if (fd === undefined) continue;
    const found = await statFd(fd).catch(() => undefined);
    if (found !== undefined && deviceKey(splitDeviceNumber(BigInt(found.dev))) === mount?.superblock)
      return fd;
    await closeFd(fd);
  }
  return undefined;
}

/** Returns undefined if another filesystem is mounted over the mount point. Rejects with a system error. */
async function openMountPoint(
  directory: Buffer,
  mount: Mount,
  mounts: readonly Mount[],
): Promise<number | undefined> {
  const fd = await openFd(directory, OPEN_FLAGS);
  let isKept = false;
  try {
    const found = deviceKey(splitDeviceNumber(BigInt((await statFd(fd)).dev)));
    isKept = found === mount.superblock || (!hasOneNumber(mount) && !isListed(found, mounts));
    return isKept ? fd : undefined;
  } finally {
    if (!isKept) await closeFd(fd);
  }
}

/** Returns false if files may report other device numbers: subvolumes have their own, and the fallback list may have none. */
function hasOneNumber({ type, superblock }: Mount): boolean {
  return type !== 'btrfs' && superblock !== '0:0';
}

function isListed(superblock: string, mounts: readonly Mount[]): boolean {
  return mounts.some((mount) => mount.superblock === superblock);
}

class KernelFilesystem implements OpenFilesystem {
  readonly #fd: number;
  readonly #name: string;
  readonly #device: DeviceNumber;

  constructor(fd: number, name: string, device: DeviceNumber) {
    this.#fd = fd;
    this.#name = name;
    this.#device = device;
  }

  async freeze(): Promise<boolean> {
    const errno = -(await ioctl(this.#fd, FIFREEZE));
    if (errno === EOPNOTSUPP || errno === EBUSY) return false;
    if (errno > 0) throw OperationError.of(`failed to freeze ${this.#name}`, systemError(errno, 'FIFREEZE'));
    return true;
  }

  async thaw(): Promise<boolean> {
    // It may be frozen more than once; EINVAL confirms that it is not frozen.
    for (let thawed = false; ; thawed = true) {
      const errno = -(await ioctl(this.#fd, FITHAW));
      if (errno <= 0) continue;
      if (errno === EINVAL || !deviceExists(this.#device)) return thawed;
      throw OperationError.of(`failed to thaw ${this.#name}`, systemError(errno, 'FITHAW'));
    }
  }

  close(): void {
    // Nobody waits for it: the kernel writes nothing when a folder is closed.
    void closeFd(this.#fd).catch(() => {});
  }
}

/** Asks sysfs, which is in memory. */
function deviceExists(device: DeviceNumber): boolean {
  return !existsSync('/sys/dev/block') || existsSync(`/sys/dev/block/${deviceKey(device)}`);
}
