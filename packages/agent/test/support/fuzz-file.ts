import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.js';

/** A folder in memory, where it exists: inputs are written by the thousand. */
const MEMORY_FOLDER = '/dev/shm';

/** A file whose contents are the inputs of a fuzz target, below a root that is removed at the end of the process. */
export interface FuzzFile {
  /** Writes the file, and returns the root. */
  write(input: Buffer): string;
}

/** @param path the path of the file below the root, without a slash at its beginning */
export function fuzzFile(path: string): FuzzFile {
  let folder: TemporaryFolder | undefined;
  return {
    write(input) {
      if (folder === undefined) {
        const made = temporaryFolder(existsSync(MEMORY_FOLDER) ? MEMORY_FOLDER : undefined);
        mkdirSync(dirname(made.file(path)), { recursive: true });
        process.once('exit', () => made[Symbol.dispose]());
        folder = made;
      }
      writeFileSync(folder.file(path), input);
      return folder.path;
    },
  };
}
