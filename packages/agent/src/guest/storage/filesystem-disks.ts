import { ENOENT, errnoOf } from '@guestwire/posix';
import type { GuestDiskAddress } from '@guestwire/protocol/contract';
import { OperationError } from '../../operation-error.js';
import type { DeviceTree } from './device-tree.js';
import { diskAddress } from './disk-address.js';

/** The block device of a filesystem, and what it lies on. */
export interface FilesystemDevice {
  /** The kernel's name: `vda1`, `dm-0`. Its number, `8:1`, if the guest's `/sys` does not show it, as in a container. */
  readonly name: string;
  /** The disks under it, however indirectly; the last found first. */
  readonly disks: readonly GuestDiskAddress[];
}

/**
 * Finds out what lies under a filesystem (qemu-ga §5.12).
 *
 * @throws {OperationError} if `/sys` cannot be read where it should be
 */
export function filesystemDevice(tree: DeviceTree, major: number, minor: number): FilesystemDevice {
  const number = `${major}:${minor}`;
  const link = `/sys/dev/block/${number}`;
  const disks: GuestDiskAddress[] = [];
  const path = collect(tree, link, disks);
  return { name: path === undefined ? number : nameOf(path), disks: disks.reverse() };
}

/** Whether a device is made of others, by the kernel; `path` is its resolved folder. */
export function isVirtual(path: string): boolean {
  return path.includes('/devices/virtual/block/');
}

/** Adds the disks under a device, and says where that is; undefined if it is not there. */
function collect(tree: DeviceTree, link: string, disks: GuestDiskAddress[]): string | undefined {
  const path = resolve(tree, link);
  if (path === undefined) return undefined;
  if (isVirtual(path)) {
    for (const slave of slavesOf(tree, path)) collect(tree, slave, disks);
    return path;
  }
  const address = diskAddress(tree, path, (error) => {
    throw error;
  });
  if (address !== undefined) disks.push(address);
  return path;
}

function resolve(tree: DeviceTree, link: string): string | undefined {
  try {
    return tree.resolve(link);
  } catch (cause) {
    if (errnoOf(cause) === ENOENT) return undefined;
    throw OperationError.of(`realpath("${link}")`, cause);
  }
}

function slavesOf(tree: DeviceTree, path: string): readonly string[] {
  const folder = `${path}/slaves`;
  try {
    return tree
      .list(folder)
      .filter((entry) => entry.isSymbolicLink())
      .map(({ name }) => `${folder}/${name}`);
  } catch (cause) {
    if (errnoOf(cause) === ENOENT) return [];
    throw OperationError.of(`opendir("${folder}")`, cause);
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
