import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * Returns why another user than root and the agent's own could replace or change a file: the path of the file, or of a
 * folder above it, and the reason. Returns undefined if no other user can. Rejects with a system error.
 * @param path absolute
 */
export async function weakPart(path: string): Promise<string | undefined> {
  for (const part of partsOf(path)) {
    const weakness = weaknessOf(await lstat(part));
    if (weakness !== undefined) return `${part} ${weakness}`;
  }
  return undefined;
}

/** Yields `/`, the folders above an absolute path from the top, and the path. */
export function* partsOf(path: string): Generator<string, void, undefined> {
  yield '/';
  for (let end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1)) yield path.slice(0, end);
  if (path !== '/') yield path;
}

/**
 * Returns why others can change a file or what is in a folder: `belongs to user 1000`; undefined if they cannot. In a
 * sticky folder such as `/tmp` they cannot replace what is not theirs.
 */
export function weaknessOf(
  stats: Pick<Stats, 'uid' | 'mode' | 'isDirectory' | 'isSymbolicLink'>,
): string | undefined {
  if (stats.uid !== 0 && stats.uid !== process.geteuid?.()) return `belongs to user ${stats.uid}`;
  const isSticky = stats.isDirectory() && (stats.mode & STICKY) !== 0;
  const isWritable = (stats.mode & WRITABLE_BY_OTHERS) !== 0 && !isSticky && !stats.isSymbolicLink();
  return isWritable ? 'can be written by other users' : undefined;
}
