import { renameSync } from 'node:fs';

/**
 * Gives a finished folder its name. Several processes may make the same thing at the same time; whoever comes second
 * leaves the first one's in place, and removes its own.
 */
export const moveIntoPlace = (finished, folder) => {
  try {
    renameSync(finished, folder);
  } catch (error) {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  }
};
