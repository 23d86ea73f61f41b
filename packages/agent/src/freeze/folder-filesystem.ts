import { constants, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { O_PATH } from '@guestwire/posix';
import { deviceKey, parseMountTable, splitDeviceNumber } from '../guest/storage/mount-table.js';
import type { Mount } from '../guest/storage/mounts.js';

/**
 * Returns the mount that has the filesystem of a folder; undefined if none of these, or if the folder does not exist.
 * @param table the list of mounts, as {@link parseMountTable} takes it: a btrfs subvolume has another device number
 */
export async function mountOf(
  folder: string,
  mounts: readonly Mount[],
  table: string,
): Promise<Mount | undefined> {
  const file = await open(folder, O_PATH | constants.O_DIRECTORY).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { dev } = await file.stat({ bigint: true });
    const id = /^mnt_id:\t(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${file.fd}`, 'latin1'))?.[1];
    const entry = parseMountTable(table).find((candidate) => `${candidate.id}` === id);
    const numbers = [splitDeviceNumber(dev), ...(entry === undefined ? [] : [entry])].map(deviceKey);
    return mounts.find(({ superblock }) => numbers.includes(superblock));
  } finally {
    await file.close();
  }
}
