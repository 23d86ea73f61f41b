import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.js';

/** A guest's `/sys` and what belongs to it, made by hand. */
export interface DeviceFolder extends TemporaryFolder {
  /** Writes a file, and the folders above it. */
  write(path: string, text: string): void;
  /** Makes a symbolic link to another path of the same tree. */
  link(path: string, to: string): void;
  /**
   * A block device: its folder with `uevent`, `size` and `slaves`, its link in `/sys/dev/block`, and for a whole disk
   * its link in `/sys/block`.
   *
   * @param path its folder below `/sys/devices`
   * @param number `major:minor`
   */
  block(path: string, number: string, options?: BlockOptions): void;
}

interface BlockOptions {
  readonly partition?: boolean;
  /** In sectors; 2048 if absent. */
  readonly size?: number;
  /** Names of the devices under it, by their folders below `/sys/devices`. */
  readonly slaves?: readonly string[];
  /** What udev has found out: `E:ID_SERIAL=x`. */
  readonly udev?: readonly string[];
  /** False for a device without a node. */
  readonly node?: boolean;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function deviceFolder(): DeviceFolder {
  const folder = temporaryFolder();
  const make = (path: string): string => {
    const full = folder.file(path);
    mkdirSync(dirname(full), { recursive: true });
    return full;
  };
  const write = (path: string, text: string): void => writeFileSync(make(path), text);
  // As the kernel does: relative, one `..` for each folder that the link lies in.
  const link = (path: string, to: string): void => {
    const up = '../'.repeat(path.split('/').length - 1);
    symlinkSync(`${up}${to}`, make(path));
  };
  return {
    ...folder,
    write,
    link,
    block(path, number, { partition = false, size = 2048, slaves = [], udev, node = true } = {}) {
      const place = `sys/devices/${path}`;
      const [major, minor] = number.split(':');
      write(
        `${place}/uevent`,
        `MAJOR=${major}\nMINOR=${minor}\n${node ? `DEVNAME=${nameOf(path)}\n` : ''}DEVTYPE=${partition ? 'partition' : 'disk'}\n`,
      );
      write(`${place}/size`, `${size}\n`);
      link(`sys/dev/block/${number}`, place);
      if (!partition) {
        link(`sys/block/${nameOf(path)}`, place);
        mkdirSync(folder.file(`${place}/slaves`));
      }
      for (const slave of slaves) link(`${place}/slaves/${nameOf(slave)}`, `sys/devices/${slave}`);
      if (udev !== undefined) write(`run/udev/data/b${number}`, `${udev.join('\n')}\n`);
    },
  };
}
