import { closeSync, type Dirent, openSync, readlinkSync, readSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { readDirectory } from '../directory.js';

/**
 * The kernel's tree of devices, `/sys`, and what udev knows beside it. Paths are those of the real tree, whatever
 * stands in for it. All of this is memory of the kernel's, so reading it at once never waits for a device.
 */
export interface DeviceTree {
  /** Follows all symbolic links. Throws a system error. */
  resolve(path: string): string;
  /** What a folder holds, in the kernel's own order. Throws a system error. */
  list(path: string): readonly Dirent[];
  /** The text of a file, undefined if it cannot be read. */
  read(path: string): string | undefined;
  /** The last component of what a symbolic link points to, undefined if it is none. */
  linkName(path: string): string | undefined;
}

/** @param root the folder under which `/sys` and `/run/udev` are found; `''` for the real ones */
export function deviceTree(root: string): DeviceTree {
  const realRoot = root === '' ? '' : realpathSync(root);
  return {
    resolve(path) {
      const resolved = realpathSync.native(`${realRoot}${path}`);
      return resolved.startsWith(`${realRoot}/`) ? resolved.slice(realRoot.length) : resolved;
    },
    list(path) {
      return readDirectory(`${realRoot}${path}`);
    },
    read(path) {
      try {
        return readSmallFile(`${realRoot}${path}`);
      } catch {
        return undefined;
      }
    },
    linkName(path) {
      try {
        return basename(readlinkSync(`${realRoot}${path}`));
      } catch {
        return undefined;
      }
    },
  };
}

/** Longer than any file of this tree that is of use; the kernel hands such a file out at one read. */
const space = Buffer.allocUnsafeSlow(64 * 1024);

function readSmallFile(path: string): string {
  const fd = openSync(path, 'r');
  try {
    return space.toString('utf8', 0, readSync(fd, space));
  } finally {
    closeSync(fd);
  }
}
