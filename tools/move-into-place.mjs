import { renameSync } from 'node:fs';

/**
 * Renames a finished folder to its final name. If another process has created that folder meanwhile, it stays and the caller
 * removes its own copy.
 */
export const moveIntoPlace = (finished, folder) => {
  try {
    renameSync(finished, folder);
  } catch (error) {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  }
};
