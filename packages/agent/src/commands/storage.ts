import { readFileSync } from 'node:fs';
import { type GuestDiskInfo, type GuestFilesystemInfo, storageCommands } from '@guestwire/protocol/contract';
import { decodeText } from '@guestwire/protocol/wire';
import { type Awaitable, after, mapInOrder } from '../awaitable.js';
import type { GuestSystem } from '../guest/guest-system.js';
import { DeviceTree } from '../guest/storage/device-tree.js';
import { parseDiskStatistics } from '../guest/storage/disk-statistics.js';
import { filesystemDevice, listDisks } from '../guest/storage/disks.js';
import { spaceOf } from '../guest/storage/filesystem-space.js';
import { type Mount, readMounts } from '../guest/storage/mounts.js';
import { nvmeSmart } from '../guest/storage/nvme-smart.js';
import { trimFilesystem } from '../guest/storage/trim.js';
import { attempt } from '../operation-error.js';
import type { CommandModule } from '../rpc/command-module.js';
import { builtInModule } from './built-in-module.js';

const DISKSTATS = '/proc/diskstats';

const realDevices = { trim: trimFilesystem, space: spaceOf, smart: nvmeSmart } as const;

/** Access to filesystems and disks; a test may replace it. */
export type StorageDevices = typeof realDevices;

/** Returns the commands on filesystems and disks (qemu-ga §5.11 to §5.14). */
export function storageModule(
  { log, root }: Pick<GuestSystem, 'log' | 'root'>,
  devices: StorageDevices = realDevices,
): CommandModule<typeof storageCommands> {
  return builtInModule({
    schema: storageCommands,
    traits: {
      'guest-get-fsinfo': { mayBlock: true },
      // A disk of some terabytes takes minutes.
      'guest-fstrim': { mayBlock: true, timeLimit: 'long' },
    },
    handlers: {
      async 'guest-fstrim'({ minimum = 0 }) {
        log.syslog('guest-fstrim called');
        const paths = [];
        for (const { directory } of await readMounts({ root, log })) {
          paths.push({ path: decodeText(directory), ...(await devices.trim(directory, BigInt(minimum))) });
        }
        return { paths: paths.reverse() };
      },

      async 'guest-get-disks'() {
        const disks: GuestDiskInfo[] = [];
        for (const disk of listDisks(new DeviceTree(root))) {
          const nvme =
            disk.address?.['bus-type'] === 'nvme' ? await devices.smart(`${root}${disk.name}`) : undefined;
          disks.push(nvme === undefined ? disk : { ...disk, smart: { type: 'nvme', ...nvme } });
        }
        return disks.reverse();
      },

      'guest-get-fsinfo'() {
        const tree = new DeviceTree(root);
        return after(readMounts({ root, log }), (mounts) =>
          // One after the other: hung filesystems must not block all threads of the pool.
          after(
            mapInOrder(mounts, (mount) => filesystemInfo(mount, tree, devices)),
            (filesystems) => filesystems.reverse(),
          ),
        );
      },

      'guest-get-diskstats'() {
        const text = attempt(`open("${DISKSTATS}")`, () => readFileSync(`${root}${DISKSTATS}`, 'utf8'));
        return parseDiskStatistics(text);
      },
    },
  });
}

function filesystemInfo(
  mount: Mount,
  tree: DeviceTree,
  devices: StorageDevices,
): Awaitable<GuestFilesystemInfo> {
  // The thread pool may work while this thread reads /sys.
  const pending = devices.space(mount);
  const { name, disks } = filesystemDevice(tree, mount.major, mount.minor);
  return after(pending, (space) => {
    const used = space && space.blocks - space.free;
    return {
      name,
      mountpoint: decodeText(mount.directory),
      type: mount.type,
      ...(space !== undefined &&
        used !== undefined && {
          'used-bytes': used * space.blockSize,
          'total-bytes': (used + space.available) * space.blockSize,
          'total-bytes-privileged': space.blocks * space.blockSize,
        }),
      disk: disks,
    };
  });
}
