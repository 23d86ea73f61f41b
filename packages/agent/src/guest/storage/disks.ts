import { basename } from 'node:path';
import { ENOENT, errnoOf } from '@guestwire/posix';
import type { GuestDiskAddress, GuestDiskInfo } from '@guestwire/protocol/contract';
import { attempt, OperationError } from '../../operation-error.js';
import { type DeviceTree, orUndefined } from './device-tree.js';
import { diskAddress } from './disk-address.js';

const BLOCK = '/sys/block';

/**
 * Returns disks and their partitions in the order of `/sys/block`, each disk before its partitions (qemu-ga §5.14).
 * Unreadable properties of a disk are left out.
 * @throws {OperationError} if the folder cannot be read
 */
export function* listDisks(tree: DeviceTree): Generator<GuestDiskInfo> {
  for (const entry of attempt(`Can't open directory "${BLOCK}"`, () => tree.list(BLOCK))) {
    if (!entry.isSymbolicLink()) continue;
    const folder = `${BLOCK}/${entry.name}`;
    const size = tree.read(`${folder}/size`);
    if (size === undefined || size === '0\n') continue;
    const device = tree.device(folder);
    if (device?.node === undefined) continue;
    const path = orUndefined(() => tree.resolve(folder));
    const address = path === undefined || isVirtual(path) ? undefined : diskAddress(tree, path, true);
    const alias = device.property('DM_NAME');
    const slaves = orUndefined(() => tree.list(`${folder}/slaves`));
    const dependencies = slaves?.flatMap(({ name }) => tree.device(`${folder}/slaves/${name}`)?.node ?? []);
    yield {
      name: device.node,
      partition: false,
      ...(dependencies && { dependencies: dependencies.reverse() }),
      ...(address && { address }),
      ...(alias !== undefined && { alias }),
    };
    yield* partitionsOf(tree, entry.name, device.node);
  }
}

function* partitionsOf(tree: DeviceTree, disk: string, node: string): Generator<GuestDiskInfo> {
  for (const entry of orUndefined(() => tree.list(`${BLOCK}/${disk}`)) ?? []) {
    const isPartition =
      entry.isDirectory() && entry.name.startsWith(disk) && /^p?\d/.test(entry.name.slice(disk.length));
    const name = isPartition ? tree.device(`${BLOCK}/${disk}/${entry.name}`)?.node : undefined;
    if (name !== undefined) yield { name, partition: true, dependencies: [node] };
  }
}

/** The block device of a filesystem, and the disks under it. */
export interface FilesystemDevice {
  /** The kernel's name: `vda1`, `dm-0`. The device number, `8:1`, if `/sys` does not have it, as in a container. */
  readonly name: string;
  /** All disks under it; the last found first. */
  readonly disks: readonly GuestDiskAddress[];
}

/** Returns the device under a filesystem (qemu-ga §5.12). @throws {OperationError} if `/sys` cannot be read */
export function filesystemDevice(tree: DeviceTree, major: number, minor: number): FilesystemDevice {
  const number = `${major}:${minor}`;
  const disks: GuestDiskAddress[] = [];
  const path = collectDisks(tree, `/sys/dev/block/${number}`, disks);
  return { name: path === undefined ? number : basename(path), disks: disks.reverse() };
}

/** Tells whether the kernel composes a device from others; `path` is its resolved folder. */
function isVirtual(path: string): boolean {
  return path.includes('/devices/virtual/block/');
}

/** Adds the disks under a device to `disks`, and returns the device's folder; undefined if it does not exist. */
function collectDisks(tree: DeviceTree, link: string, disks: GuestDiskAddress[]): string | undefined {
  const path = unlessMissing(`realpath("${link}")`, () => tree.resolve(link));
  if (path === undefined) return undefined;
  if (isVirtual(path)) {
    const folder = `${path}/slaves`;
    for (const entry of unlessMissing(`opendir("${folder}")`, () => tree.list(folder)) ?? []) {
      if (entry.isSymbolicLink()) collectDisks(tree, `${folder}/${entry.name}`, disks);
    }
    return path;
  }
  const address = diskAddress(tree, path);
  if (address !== undefined) disks.push(address);
  return path;
}

function unlessMissing<T>(what: string, work: () => T): T | undefined {
  try {
    return work();
  } catch (cause) {
    if (errnoOf(cause) === ENOENT) return undefined;
    throw OperationError.of(what, cause);
  }
}
