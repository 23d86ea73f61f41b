import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { errnoText } from '@guestwire/posix';
import type { Logger } from '../../log/logger.js';
import { OperationError } from '../../operation-error.js';

/** A mounted filesystem that is backed by a block device. */
export interface Mount {
  /** The mount point as the kernel knows it: bytes, which need not be UTF-8. */
  readonly directory: Buffer;
  /** The filesystem's type: `ext4`, say. */
  readonly type: string;
  /** The device; 0:0 where only the fallback list tells of the mount, and its source is no block device. */
  readonly major: number;
  readonly minor: number;
}

/** What the mount list is read from. */
export interface MountSources {
  /** The folder under which `/proc` is found; `''` for the real one. */
  readonly root: string;
  readonly log: Logger;
}

// Names are bytes. The files are read as Latin-1, one character for each, and only a space separates.
const MOUNTINFO = /^ *\d+ +\d+ +(\d+):(\d+) +[^ ]+ +([^ ]+)(?: [^\n]*)?? - +([^ ]+) +([^ ]+)/;

/**
 * The filesystems that can be frozen, trimmed and reported, in the order in which they were mounted (qemu-ga §5.9).
 * One entry for each device: the first mount of it.
 *
 * @throws {OperationError} if neither of the kernel's lists can be read
 */
export async function readMounts({ root, log }: MountSources): Promise<Mount[]> {
  const mountinfo = readMountinfo(root);
  if (mountinfo !== undefined) return distinct(fromMountinfo(mountinfo, log));
  const mounts = await readFile(`${root}/proc/self/mounts`, 'latin1').catch((cause) => {
    // The reference names the real path, whatever stands in for it.
    throw new OperationError("failed to open mtab file: '/proc/self/mounts'", { cause });
  });
  return distinct(fromMounts(mounts, log));
}

/** At once: it is the kernel's memory, and every command about filesystems begins with it. */
function readMountinfo(root: string): string | undefined {
  try {
    return readFileSync(`${root}/proc/self/mountinfo`, 'latin1');
  } catch {
    return undefined;
  }
}

/** Keeps the first mount of each device: bind mounts and further subvolumes are no filesystems of their own. */
async function distinct(mounts: AsyncIterable<Mount>): Promise<Mount[]> {
  const byDevice = new Map<string, Mount>();
  for await (const mount of mounts) {
    const device = `${mount.major}:${mount.minor}`;
    if (!byDevice.has(device)) byDevice.set(device, mount);
  }
  return [...byDevice.values()];
}

async function* fromMountinfo(text: string, log: Logger): AsyncGenerator<Mount> {
  for (const line of text.split('\n')) {
    const [, major, minor, directory, type, source] = MOUNTINFO.exec(line) ?? [];
    if (directory === undefined || type === undefined || source === undefined) continue;
    let device: DeviceNumber | undefined = { major: Number(major), minor: Number(minor) };
    if (device.major === 0) {
      // A btrfs has an anonymous device; what it lives on is its source.
      const found = type === 'btrfs' ? await lookUp(unescaped(source), log) : undefined;
      device = found?.kind === 'block' ? found : undefined;
    }
    if (device !== undefined) {
      yield { directory: unescaped(directory), type, major: device.major, minor: device.minor };
    }
  }
}

async function* fromMounts(text: string, log: Logger): AsyncGenerator<Mount> {
  for (const line of text.split('\n')) {
    const [source, directory, type] = line.replace(/^[ \t]+/, '').split(/[ \t]+/);
    if (source === undefined || directory === undefined || type === undefined) continue;
    if (!source.startsWith('/') || type === 'smbfs' || type === 'cifs') continue;
    const device = await lookUp(unescaped(source), log);
    if (device.kind === 'directory') continue;
    yield { directory: unescaped(directory), type, major: device.major, minor: device.minor };
  }
}

interface DeviceNumber {
  readonly major: number;
  readonly minor: number;
}

/** What the source of a mount is. */
async function lookUp(
  source: Buffer,
  log: Logger,
): Promise<DeviceNumber & { readonly kind: 'block' | 'directory' | 'other' }> {
  const none = { major: 0, minor: 0 };
  try {
    const stats = await stat(source, { bigint: true });
    if (stats.isDirectory()) return { kind: 'directory', ...none };
    if (stats.isBlockDevice()) return { kind: 'block', ...deviceNumber(stats.rdev) };
  } catch (error) {
    log.syslog(`failed to stat device file '${source}': ${errnoText(error)}`);
  }
  return { kind: 'other', ...none };
}

/** Takes a device number of the C library apart. */
function deviceNumber(rdev: bigint): DeviceNumber {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n);
  return { major: Number(major), minor: Number(minor) };
}

/** The kernel writes space, tab, newline and backslash of names as `\` and three octal digits. */
function unescaped(field: string): Buffer {
  const text = field.replace(/\\(?:(\\)|([0-3][0-7]{2}))/g, (_, backslash?: string, octal = '') =>
    backslash === undefined ? String.fromCharCode(Number.parseInt(octal, 8)) : backslash,
  );
  return Buffer.from(text, 'latin1');
}
