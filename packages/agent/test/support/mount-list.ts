import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.js';

/** A mount of this machine whose filesystem is in memory. */
export interface MemoryMount {
  readonly id: number;
  readonly directory: string;
  /** Returns its line in a list of mounts, as if it were on a disk and had another type. */
  line(type: string, options?: string): string;
}

export function memoryMount(): MemoryMount {
  const directory = '/dev/shm';
  const lines = readFileSync('/proc/self/mountinfo', 'latin1').split('\n');
  const found = lines.findLast((line) => line.split(' ')[4] === directory);
  if (found === undefined) throw new Error(`nothing is mounted at ${directory}`);
  const id = Number.parseInt(found, 10);
  return {
    id,
    directory,
    line: (type, options = 'rw') => `${id} 0 254:1 / ${directory} rw - ${type} /dev/vda1 ${options}`,
  };
}

/** Returns a guest root with a list of mounts. */
export function rootWithMounts(lines: readonly string[]): TemporaryFolder {
  const folder = temporaryFolder();
  mkdirSync(folder.file('proc/self'), { recursive: true });
  writeFileSync(folder.file('proc/self/mountinfo'), `${lines.join('\n')}\n`);
  return folder;
}
