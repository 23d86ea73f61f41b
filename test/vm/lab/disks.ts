import { execFileSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownedFolder } from './owned-folder.js';
import { makeDisk } from './recipes.js';

/** Makes a raw image at a path. */
export type DiskMaker = (path: string) => Promise<void>;

function run(file: string, ...args: readonly string[]): void {
  execFileSync(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Makes an image whose changes go to a separate file; the raw image below it is only read. */
export function overlayOn(disk: string, path: string): void {
  run('/usr/bin/qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', disk, path);
}

/** Returns an empty swap area. `size` is in bytes. */
export function swapDisk(size: number): DiskMaker {
  return async (path) => {
    writeFileSync(path, '');
    truncateSync(path, size);
    run('/usr/sbin/mkswap', path);
  };
}

/** Returns an empty disk. `size` is in bytes. */
export function emptyDisk(size: number): DiskMaker {
  return async (path) => {
    writeFileSync(path, '');
    truncateSync(path, size);
  };
}

const SECTOR = 512;

/** Returns a disk with an MBR and up to four partitions of this size, as many as fit. Sizes are in bytes. */
export function partitionedDisk(size: number, partition: number): DiskMaker {
  return async (path) => {
    const table = Buffer.alloc(SECTOR);
    const start = 2048;
    for (let index = 0; index < 4 && start * SECTOR + (index + 1) * partition <= size; index++) {
      const entry = 446 + 16 * index;
      table[entry + 4] = 0x83; // Linux
      table.writeUInt32LE(start + index * (partition / SECTOR), entry + 8);
      table.writeUInt32LE(partition / SECTOR, entry + 12);
    }
    table.writeUInt16LE(0xaa55, 510);
    writeFileSync(path, table);
    truncateSync(path, size);
  };
}

/** Returns an ext4 filesystem with these files by name, all executable. `size` is in the form of `mke2fs`. */
export function filesDisk(files: Readonly<Record<string, Buffer>>, size: string): DiskMaker {
  return async (path) => {
    await using tree = ownedFolder();
    for (const [name, bytes] of Object.entries(files)) {
      writeFileSync(join(tree.path, name), bytes, { mode: 0o755 });
    }
    makeDisk(tree.path, path, size);
  };
}
