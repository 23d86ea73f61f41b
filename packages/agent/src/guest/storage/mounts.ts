import { readFile, stat } from 'node:fs/promises';
import { errnoText } from '@guestwire/posix';
import { type Awaitable, after, mapInOrder } from '../../awaitable.js';
import type { Logger } from '../../log/logger.js';
import { OperationError } from '../../operation-error.js';
import type { GuestSystem } from '../guest-system.js';
import {
  type DeviceNumber,
  deviceKey,
  type MountEntry,
  OpenMountTable,
  parseMountTable,
  splitDeviceNumber,
  unescapeMountField,
} from './mount-table.js';

/** A mounted filesystem on a block device; 0:0 if only the fallback list has it, and its source is not a block device. */
export interface Mount extends DeviceNumber {
  /** The first mount point in bytes, which need not be UTF-8. */
  readonly directory: Buffer;
  /** All mount points, of bind mounts and subvolumes too, in the order of mounting. */
  readonly directories: readonly Buffer[];
  /** The filesystem's type: `ext4`. */
  readonly type: string;
  /** Device number by which the kernel knows the filesystem: that of its block device, except with btrfs. */
  readonly superblock: string;
  /** The line of the list of mounts for `directory`; absent if only the fallback list has it. */
  readonly entry?: MountEntry;
}

interface ListedMount extends Omit<Mount, 'directories'> {
  readonly directories: Buffer[];
}

/**
 * Returns the filesystems that can be frozen, trimmed and reported, in the order of mounting (qemu-ga §5.9). Each device
 * appears once, where it was mounted first: bind mounts and further subvolumes are not separate filesystems. The result is
 * known at once unless the source of a mount has to be looked up.
 * @param table the list of mounts, if it is open
 * @throws {OperationError} if neither of the kernel's lists can be read
 */
export function readMounts(
  { root, log }: Pick<GuestSystem, 'log' | 'root'>,
  table?: OpenMountTable,
): Awaitable<Mount[]> {
  const text = readTable(root, table);
  if (text === undefined) return readFallback(root, log).then(unite);
  const listed = mapInOrder(parseMountTable(text), (entry) =>
    after(deviceOf(entry, log), (device) => listedAs(entry, device)),
  );
  return after(listed, unite);
}

/** Unites the mounts of each device. */
function unite(listed: readonly (ListedMount | undefined)[]): Mount[] {
  const byDevice = new Map<string, ListedMount>();
  const bySuperblock = new Map<string, ListedMount>();
  for (const mount of listed) {
    if (mount === undefined) continue;
    const known = byDevice.get(deviceKey(mount)) ?? bySuperblock.get(mount.superblock);
    known?.directories.push(mount.directory);
    if (known !== undefined) continue;
    byDevice.set(deviceKey(mount), mount);
    bySuperblock.set(mount.superblock, mount);
  }
  return [...byDevice.values()];
}

function readTable(root: string, table: OpenMountTable | undefined): string | undefined {
  try {
    if (table !== undefined) return table.read();
    using opened = new OpenMountTable(root);
    return opened.read();
  } catch {
    return undefined;
  }
}

/** Returns the block device of a mount; undefined if it has none. */
function deviceOf(entry: MountEntry, log: Logger): Awaitable<DeviceNumber | undefined> {
  if (entry.major !== 0) return entry;
  // btrfs has an anonymous device; its block device is the source.
  return entry.type === 'btrfs'
    ? lookUp(entry.source, log).then((found) => (found.kind === 'block' ? found : undefined))
    : undefined;
}

function listedAs(entry: MountEntry, device: DeviceNumber | undefined): ListedMount | undefined {
  const { directory, type } = entry;
  return (
    device && {
      directory,
      directories: [directory],
      type,
      superblock: deviceKey(entry),
      major: device.major,
      minor: device.minor,
      entry,
    }
  );
}

async function readFallback(root: string, log: Logger): Promise<ListedMount[]> {
  const text = await readFile(`${root}/proc/self/mounts`, 'latin1').catch((cause) => {
    throw new OperationError("failed to open mtab file: '/proc/self/mounts'", { cause });
  });
  const listed: ListedMount[] = [];
  for (const line of text.split('\n')) {
    const [source, name, type] = line.replace(/^[ \t]+/, '').split(/[ \t]+/);
    if (source === undefined || name === undefined || type === undefined) continue;
    if (!source.startsWith('/') || type === 'smbfs' || type === 'cifs') continue;
    const { kind, major, minor } = await lookUp(unescapeMountField(source), log);
    if (kind === 'directory') continue;
    const directory = unescapeMountField(name);
    listed.push({
      directory,
      directories: [directory],
      type,
      superblock: deviceKey({ major, minor }),
      major,
      minor,
    });
  }
  return listed;
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
    if (stats.isBlockDevice()) return { kind: 'block', ...splitDeviceNumber(stats.rdev) };
  } catch (error) {
    log.syslog(`failed to stat device file '${source}': ${errnoText(error)}`);
  }
  return { kind: 'other', ...none };
}
