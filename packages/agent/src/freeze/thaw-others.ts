import type { Mount } from '../guest/storage/mounts.js';
import { within } from '../timer.js';
import type { FilesystemFreezer } from './filesystem-freezer.js';

/** A filesystem that does not answer delays the others no longer than this. */
const STEP_TIMEOUT_MS = 10_000;

/**
 * Thaws the filesystems of a list in its order, also those that other programs have frozen. Those that cannot be opened or
 * thawed are skipped (qemu-ga §5.10).
 * @param mounts all mounts
 * @param pending superblocks whose last thaw has not ended: they are skipped, since each attempt occupies a thread
 * @returns the number of filesystems that were frozen
 */
export async function thawAll(
  list: readonly Mount[],
  mounts: readonly Mount[],
  freezer: FilesystemFreezer,
  pending: Set<string>,
): Promise<number> {
  let count = 0;
  for (const mount of list) {
    const { superblock } = mount;
    if (pending.has(superblock)) continue;
    pending.add(superblock);
    const thawed = thawMount(mount, mounts, freezer)
      .catch(() => false)
      .finally(() => pending.delete(superblock));
    if (await within(STEP_TIMEOUT_MS, thawed)) count += 1;
  }
  return count;
}

async function thawMount(
  mount: Mount,
  mounts: readonly Mount[],
  freezer: FilesystemFreezer,
): Promise<boolean> {
  const file = await freezer.open(mount, mounts);
  try {
    return (await file?.thaw()) ?? false;
  } finally {
    file?.close();
  }
}
