import { realpath } from 'node:fs/promises';
import type { Glob } from './glob.js';

/**
 * Returns whether a pattern is about a resolved path although it is written with links: if its fixed folder, or the only
 * path that it matches, leads to the path. Links behind a wildcard are not followed.
 * @param path resolved, absolute
 */
export async function matchesThroughLinks(glob: Glob, path: string): Promise<boolean> {
  const folder = await resolved(glob.fixedPrefix);
  if (folder !== glob.fixedPrefix && glob.below(folder).matches(path)) return true;
  return glob.isLiteral && (await resolved(glob.text)) === path;
}

/** A path that does not exist, or has a loop, leads nowhere else. */
function resolved(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
