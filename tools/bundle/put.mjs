import { renameSync, writeFileSync } from 'node:fs';
import process from 'node:process';

/** Writes a file of the bundle in one step, since guestctl may run during a build. */
export const put = (path, content) => {
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, content);
  renameSync(unfinished, path);
};
