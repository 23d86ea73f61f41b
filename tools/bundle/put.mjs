import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import process from 'node:process';

/** Writes a file of the bundle. Whoever runs guestctl meanwhile reads the old one or the new one, never half of one. */
export const put = (path, content) => {
  if (existsSync(path) && readFileSync(path).equals(Buffer.from(content))) return;
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, content);
  renameSync(unfinished, path);
};
