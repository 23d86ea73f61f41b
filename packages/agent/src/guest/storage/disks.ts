import type { GuestDiskInfo } from '@guestwire/protocol/contract';
import { attempt } from '../../operation-error.js';
import { type DeviceTree, orUndefined } from './device-tree.js';
import { diskAddress } from './disk-address.js';
import { isVirtual } from './filesystem-disks.js';

const BLOCK = '/sys/block';

/**
 * Returns disks and their partitions in the order of `/sys/block`, each disk before its partitions (qemu-ga §5.14).
 * Unreadable properties of a disk are left out.
 *
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
