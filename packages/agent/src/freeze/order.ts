import type { Mount } from '../guest/storage/mounts.js';
import { StorageLayers, type StoredOn } from '../guest/storage/storage-layers.js';

/**
 * Returns filesystems in the order of freezing: each before those that it is stored on, else in reverse order of mounting.
 * Reads all that it needs; nothing may be frozen yet.
 * @param root the folder that contains `/proc` and `/sys`
 */
export async function orderForFreeze(mounts: readonly Mount[], root: string): Promise<Mount[]> {
  if (mounts.length < 2) return [...mounts];
  using layers = new StorageLayers(root);
  const storedOn = new Map<Mount, StoredOn>();
  for (const mount of mounts) storedOn.set(mount, await layers.below(mount.superblock));
  return sortForFreeze(storedOn);
}

/**
 * Sorts filesystems as {@link orderForFreeze} does.
 * @param storedOn what each filesystem is stored on, in the order of mounting. One with an unknown place is frozen before
 *   all others but those that are stored on it. A cycle ends where it was entered.
 */
export function sortForFreeze(storedOn: ReadonlyMap<Mount, StoredOn>): Mount[] {
  const mounts = [...storedOn.keys()].reverse();
  const sorted = new Set<Mount>();
  const entered = new Set<Mount>();
  const dependsOn = (upper: Mount, lower: Mount): boolean => {
    const below = storedOn.get(upper);
    if (below === undefined) return false;
    if (below.superblocks.has(lower.superblock)) return true;
    const belowLower = storedOn.get(lower);
    return below.unknown && belowLower?.unknown === false && !belowLower.superblocks.has(upper.superblock);
  };
  const visit = (mount: Mount): void => {
    if (entered.has(mount)) return;
    entered.add(mount);
    for (const upper of mounts) if (dependsOn(upper, mount)) visit(upper);
    sorted.add(mount);
  };
  for (const mount of mounts) visit(mount);
  return [...sorted];
}
