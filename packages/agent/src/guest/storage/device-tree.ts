import { type Dirent, readlinkSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { readDirectory, readSystemFile } from '../system-file.js';

/** A block device as udev describes it. */
export interface UdevDevice {
  /** Its node: `/dev/vda`. Absent if it has none. */
  readonly node: string | undefined;
  /** Returns a property of udev's database; undefined if it is absent or empty. */
  property(name: string): string | undefined;
}

/**
 * The kernel's tree of devices, `/sys`, and udev's database. Paths are relative to the root of the guest. All reads run in
 * this thread: these files are in memory.
 */
export class DeviceTree {
  readonly #root: string;

  /** @param root the folder that contains `/sys` and `/run/udev`; `''` for the real one */
  constructor(root: string) {
    this.#root = root === '' ? '' : realpathSync(root);
  }

  /** Returns a path without symbolic links. Throws a system error. */
  resolve(path: string): string {
    const resolved = realpathSync.native(`${this.#root}${path}`);
    return resolved.startsWith(`${this.#root}/`) ? resolved.slice(this.#root.length) : resolved;
  }

  /** Returns the entries of a folder in the kernel's order. Throws a system error. */
  list(path: string): readonly Dirent[] {
    return readDirectory(`${this.#root}${path}`);
  }

  /** Returns the text of a file; undefined if it cannot be read. */
  read(path: string): string | undefined {
    return orUndefined(() => readSystemFile(`${this.#root}${path}`).toString());
  }

  /** Returns the last component of a link's target; undefined if it is not a link. */
  linkName(path: string): string | undefined {
    return orUndefined(() => basename(readlinkSync(`${this.#root}${path}`)));
  }

  /**
   * Looks a device up as libudev does: in the kernel's `uevent` file, and in udev's database, which has a file for each
   * device number, if udev runs in the guest.
   * @param path the device's folder in `/sys`
   * @returns undefined if it is not a device
   */
  device(path: string): UdevDevice | undefined {
    const uevent = this.read(`${path}/uevent`);
    if (uevent === undefined) return undefined;
    const name = lastValue(uevent, 'DEVNAME');
    let database: string | undefined;
    return {
      node: name === undefined || name.startsWith('/') ? name : `/dev/${name}`,
      property: (property) => {
        database ??=
          this.read(`/run/udev/data/b${lastValue(uevent, 'MAJOR')}:${lastValue(uevent, 'MINOR')}`) ?? '';
        return lastValue(database, `E:${property}`);
      },
    };
  }
}

/** Returns the result of `read`; undefined if it throws, since a device can vanish at any time. */
export function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Returns the value of the last line `name=value`; undefined if it is empty. */
function lastValue(text: string, name: string): string | undefined {
  const start = `${name}=`;
  const line = text.split('\n').findLast((candidate) => candidate.startsWith(start));
  return line?.slice(start.length) || undefined;
}
