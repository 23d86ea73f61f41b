import type { DeviceTree } from './device-tree.js';

/** What udev tells of a block device. */
export interface UdevDevice {
  /** Its node: `/dev/vda`. Absent if it has none. */
  readonly node: string | undefined;
  /** A property from udev's database; undefined if it is not there or empty. */
  property(name: string): string | undefined;
}

/**
 * Looks a device up as libudev does: the kernel's `uevent` file has the name of its node, and udev's database,
 * a file per device number, what its rules have found out. Without a udev in the guest there is no such file.
 *
 * @param path its folder in `/sys`
 * @returns undefined if that is no device
 */
export function udevDevice(tree: DeviceTree, path: string): UdevDevice | undefined {
  const uevent = tree.read(`${path}/uevent`);
  if (uevent === undefined) return undefined;
  const name = lastValue(uevent, 'DEVNAME');
  let database: string | undefined;
  return {
    node: name === undefined ? undefined : name.startsWith('/') ? name : `/dev/${name}`,
    property(property) {
      database ??=
        tree.read(`/run/udev/data/b${lastValue(uevent, 'MAJOR')}:${lastValue(uevent, 'MINOR')}`) ?? '';
      return lastValue(database, `E:${property}`);
    },
  };
}

/** The value of the last line `name=value`; undefined if it is empty. */
function lastValue(text: string, name: string): string | undefined {
  const start = `${name}=`;
  const line = text.split('\n').findLast((candidate) => candidate.startsWith(start));
  return line?.slice(start.length) || undefined;
}
