import { execFileSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownedFolder } from './owned-folder.js';
import { makeDisk } from './recipes.js';

/** Makes a raw image at a path. */
export type DiskMaker = (path: string) => Promise<void>;

const run = (file: string, ...args: readonly string[]): void => {
  execFileSync(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
};

/** Makes an image whose changes go to a file of their own; the raw image that it lies over is only read. */
export const overlayOn = (disk: string, path: string): void =>
  run('/usr/bin/qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', disk, path);

/** An empty swap area. `size` in bytes. */
export const swapDisk =
  (size: number): DiskMaker =>
  async (path) => {
    writeFileSync(path, '');
    truncateSync(path, size);
    run('/usr/sbin/mkswap', path);
  };

/** An ext4 filesystem that holds these files, given by name. `size` as `mke2fs` takes it. */
export const filesDisk =
  (files: Readonly<Record<string, Buffer>>, size: string): DiskMaker =>
  async (path) => {
    await using tree = ownedFolder();
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(tree.path, name), bytes);
    makeDisk(tree.path, path, size);
  };
