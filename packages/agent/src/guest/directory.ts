import { type Dirent, opendirSync } from 'node:fs';

/**
 * What a folder holds, in the kernel's own order: other functions of Node's sort, and the order of some replies is
 * that of a folder. Throws a system error.
 */
export function readDirectory(path: string): Dirent[] {
  const folder = opendirSync(path, { bufferSize: 256 });
  try {
    const entries: Dirent[] = [];
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) entries.push(entry);
    return entries;
  } finally {
    folder.closeSync();
  }
}
