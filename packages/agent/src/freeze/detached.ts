import { constants, existsSync, readFileSync } from 'node:fs';
import {
  closeFd,
  EBUSY,
  ENODEV,
  ENOENT,
  ENXIO,
  errnoOf,
  openDetached,
  openFd,
  statFd,
} from '@guestwire/posix';
import { deviceKey, splitDeviceNumber } from '../guest/storage/mount-table.js';
import { OperationError } from '../operation-error.js';
import type { RecordedFilesystem } from './record-format.js';

/** Of a block device that the kernel uses itself, an exclusive opening fails with EBUSY. */
const EXCLUSIVE = constants.O_RDONLY | constants.O_EXCL | constants.O_NONBLOCK;

/**
 * Opens a filesystem in use that has no mount point: it was mounted over, or unmounted while it was frozen, in which case
 * it stays in use until it is thawed.
 * @param blockDevices the folder of sysfs that has all block devices by number
 * @returns a descriptor; undefined if the device is gone, or not in use, so that nothing on it can be frozen
 * @throws {OperationError}
 */
export async function detachedFilesystem(
  filesystem: RecordedFilesystem,
  blockDevices = '/sys/dev/block',
): Promise<number | undefined> {
  try {
    const source = deviceNode(filesystem, blockDevices);
    if (source === undefined || !(await isInUse(source, filesystem))) return undefined;
    return await openDetached({ type: filesystem.type, source, readOnly: false }).catch((error: unknown) => {
      if (errnoOf(error) !== EBUSY) throw error;
      // The kernel rejects another mode than that of the filesystem in use.
      return openDetached({ type: filesystem.type, source, readOnly: true });
    });
  } catch (error) {
    throw OperationError.of(`failed to open ${filesystem.directory} by its device`, error);
  }
}

/** Returns the device's node as the kernel names it; undefined if the device does not exist. */
function deviceNode(device: RecordedFilesystem, blockDevices: string): string | undefined {
  try {
    const uevent = readFileSync(`${blockDevices}/${deviceKey(device)}/uevent`, 'latin1');
    return `/dev/${/^DEVNAME=(.+)$/m.exec(uevent)?.[1]}`;
  } catch (error) {
    // Without sysfs, nothing says that the device is gone.
    if (errnoOf(error) === ENOENT && existsSync(blockDevices)) return undefined;
    throw error;
  }
}

async function isInUse(node: string, device: RecordedFilesystem): Promise<boolean> {
  let fd: number;
  try {
    fd = await openFd(node, EXCLUSIVE);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === EBUSY) return true;
    if (errno === ENXIO || errno === ENODEV) return false;
    throw error;
  }
  try {
    const { rdev } = await statFd(fd);
    if (deviceKey(splitDeviceNumber(BigInt(rdev))) === deviceKey(device)) return false;
    throw new OperationError(`failed to thaw ${device.directory}: ${node} is not its device`);
  } finally {
    await closeFd(fd);
  }
}
