import type { GuestDiskInfo } from '@guestwire/protocol/contract';
import { attempt } from '../../operation-error.js';
import type { DeviceTree } from './device-tree.js';
import { diskAddress } from './disk-address.js';
import { isVirtual } from './filesystem-disks.js';
import { udevDevice } from './udev.js';

const BLOCK = '/sys/block';

/**
 * Disks and their partitions, in the order of the folder `/sys/block`, each disk before its partitions
 * (qemu-ga §5.14). What cannot be read of a disk is left out.
 *
 * @throws {OperationError} if that folder cannot be read
 */
export function* listDisks(tree: DeviceTree): Generator<GuestDiskInfo> {
  for (const entry of attempt(`Can't open directory "${BLOCK}"`, () => tree.list(BLOCK))) {
    if (!entry.isSymbolicLink()) continue;
    const folder = `${BLOCK}/${entry.name}`;
    const size = tree.read(`${folder}/size`);
    if (size === undefined || size === '0\n') continue;
    const udev = udevDevice(tree, folder);
    if (udev?.node === undefined) continue;
    const address = addressOf(tree, folder);
    const alias = udev.property('DM_NAME');
    const dependencies = dependenciesOf(tree, folder);
    yield {
      name: udev.node,
      partition: false,
      ...(dependencies && { dependencies }),
      ...(address && { address }),
      ...(alias !== undefined && { alias }),
    };
    yield* partitionsOf(tree, entry.name, udev.node);
  }
}

function addressOf(tree: DeviceTree, folder: string): GuestDiskInfo['address'] {
  const path = unlessUnreadable(() => tree.resolve(folder));
  return path === undefined || isVirtual(path) ? undefined : diskAddress(tree, path);
}

/** The nodes of what a disk is made of; the last of the folder first. Undefined if the kernel does not tell. */
function dependenciesOf(tree: DeviceTree, folder: string): string[] | undefined {
  const slaves = unlessUnreadable(() => tree.list(`${folder}/slaves`));
  return slaves?.flatMap(({ name }) => udevDevice(tree, `${folder}/slaves/${name}`)?.node ?? []).reverse();
}

function* partitionsOf(tree: DeviceTree, disk: string, node: string): Generator<GuestDiskInfo> {
  for (const entry of unlessUnreadable(() => tree.list(`${BLOCK}/${disk}`)) ?? []) {
    const isPartition =
      entry.isDirectory() && entry.name.startsWith(disk) && /^p?\d/.test(entry.name.slice(disk.length));
    const name = isPartition ? udevDevice(tree, `${BLOCK}/${disk}/${entry.name}`)?.node : undefined;
    if (name !== undefined) yield { name, partition: true, dependencies: [node] };
  }
}

/** What can vanish while it is looked at is as if it had not been there. */
function unlessUnreadable<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
