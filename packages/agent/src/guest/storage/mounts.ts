import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { errnoText } from '@guestwire/posix';
import type { Logger } from '../../log/logger.js';
import { OperationError } from '../../operation-error.js';
import type { GuestSystem } from '../guest-system.js';

type DeviceNumber = { readonly major: number; readonly minor: number };

/** A mounted filesystem on a block device; 0:0 if only the fallback list has it, and its source is not a block device. */
export interface Mount extends DeviceNumber {
  /** The mount point in bytes, which need not be UTF-8. */
  readonly directory: Buffer;
  /** The filesystem's type: `ext4`. */
  readonly type: string;
}

// Names are bytes. The files are read as Latin-1, and only a space separates.
const MOUNTINFO = /^ *\d+ +\d+ +(\d+):(\d+) +[^ ]+ +([^ ]+)(?: [^\n]*)?? - +([^ ]+) +([^ ]+)/;

/**
 * Returns the filesystems that can be frozen, trimmed and reported, in the order of mounting (qemu-ga §5.9). Of each
 * device only the first mount: bind mounts and further subvolumes are not separate filesystems.
 * @throws {OperationError} if neither of the kernel's lists can be read
 */
export async function readMounts({ root, log }: Pick<GuestSystem, 'log' | 'root'>): Promise<Mount[]> {
  const byDevice = new Map<string, Mount>();
  for await (const mount of listMounts(root, log)) {
    const device = `${mount.major}:${mount.minor}`;
    if (!byDevice.has(device)) byDevice.set(device, mount);
  }
  return [...byDevice.values()];
}

async function* listMounts(root: string, log: Logger): AsyncGenerator<Mount> {
  let text: string;
  try {
    // In this thread: the file is in memory, and every command on filesystems reads it.
    text = readFileSync(`${root}/proc/self/mountinfo`, 'latin1');
  } catch {
    yield* fromMounts(root, log);
    return;
  }
  for (const line of text.split('\n')) {
    const [, major, minor, directory, type, source] = MOUNTINFO.exec(line) ?? [];
    if (directory === undefined || type === undefined || source === undefined) continue;
    let device: DeviceNumber | undefined = { major: Number(major), minor: Number(minor) };
    if (device.major === 0) {
      // btrfs has an anonymous device; its block device is the source.
      const found = type === 'btrfs' ? await lookUp(unescaped(source), log) : undefined;
      device = found?.kind === 'block' ? found : undefined;
    }
    if (device !== undefined) {
      yield { directory: unescaped(directory), type, major: device.major, minor: device.minor };
    }
  }
}

async function* fromMounts(root: string, log: Logger): AsyncGenerator<Mount> {
  const text = await readFile(`${root}/proc/self/mounts`, 'latin1').catch((cause) => {
    throw new OperationError("failed to open mtab file: '/proc/self/mounts'", { cause });
  });
  for (const line of text.split('\n')) {
    const [source, directory, type] = line.replace(/^[ \t]+/, '').split(/[ \t]+/);
    if (source === undefined || directory === undefined || type === undefined) continue;
    if (!source.startsWith('/') || type === 'smbfs' || type === 'cifs') continue;
    const device = await lookUp(unescaped(source), log);
    if (device.kind === 'directory') continue;
    yield { directory: unescaped(directory), type, major: device.major, minor: device.minor };
  }
}

/** Returns the kind of a mount's source, and the number of a block device. */
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

/** Splits a device number of the C library. */
function deviceNumber(rdev: bigint): DeviceNumber {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n);
  return { major: Number(major), minor: Number(minor) };
}

/** The kernel writes space, tab, newline and backslash in names as `\` and three octal digits. */
function unescaped(field: string): Buffer {
  const text = field.replace(/\\(?:(\\)|([0-3][0-7]{2}))/g, (_, backslash?: string, octal = '') =>
    backslash === undefined ? String.fromCharCode(Number.parseInt(octal, 8)) : backslash,
  );
  return Buffer.from(text, 'latin1');
}
