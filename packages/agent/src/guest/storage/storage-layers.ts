import { constants, readFileSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { ioctl, O_PATH } from '@guestwire/posix';
import { startTimer } from '../../timer.js';
import { DeviceTree, orUndefined } from './device-tree.js';
import {
  deviceKey,
  type MountEntry,
  OpenMountTable,
  parseMountTable,
  splitDeviceNumber,
  unescapeMountField,
} from './mount-table.js';

/** Filesystems below one, by device number as in {@link Mount.superblock}; `unknown` if there may be further ones. */
export interface StoredOn {
  readonly superblocks: ReadonlySet<string>;
  readonly unknown: boolean;
}

/** The search ends after this time: a path may lead to a server that does not respond. */
const SEARCH_TIMEOUT_MS = 5_000;

const LOOP_GET_STATUS64 = 0x4c05;
const LOOP_INFO_SIZE_BYTES = 232;

const SLASH = 0x2f;

/** They keep their data where the kernel does not say. */
const OPAQUE_TYPES = /^(fuse|aufs$|unionfs$|ecryptfs$|bcachefs$|zfs$)/;

interface Place {
  readonly superblock: string | undefined;
  readonly inode: bigint;
}

/** What is directly below one filesystem or block device. */
class Below {
  readonly superblocks = new Set<string>();
  readonly devices = new Set<string>();
  unknown = false;

  addPlace(place: Place | undefined): void {
    if (place?.superblock === undefined) this.unknown = true;
    else this.superblocks.add(place.superblock);
  }
}

/**
 * Finds the filesystems that a filesystem is stored on: through loop devices, device mapper, md, partitions, btrfs with
 * several devices, and overlays. It reads `/sys` and the list of mounts, and must be used before anything is frozen.
 */
export class StorageLayers implements Disposable {
  readonly #trees: readonly DeviceTree[];
  readonly #entries: readonly MountEntry[];
  readonly #bySuperblock: ReadonlyMap<string, MountEntry>;
  readonly #byId: ReadonlyMap<number, MountEntry>;
  readonly #directlyBelow = new Map<string, Promise<Below>>();
  #timer: NodeJS.Timeout | undefined;
  readonly #timeout: Promise<undefined>;

  /** @param root the folder that contains `/proc` and `/sys`; what it lacks is looked up in the real ones */
  constructor(root: string) {
    const roots = root === '' ? [''] : [root, ''];
    this.#trees = roots.map((path) => new DeviceTree(path));
    this.#entries = roots.flatMap((path) => orUndefined(() => readEntries(path)) ?? []);
    // The first line wins: an injected root comes before the real one.
    this.#bySuperblock = new Map(this.#entries.toReversed().map((entry) => [deviceKey(entry), entry]));
    this.#byId = new Map(this.#entries.toReversed().map((entry) => [entry.id, entry]));
    this.#timeout = new Promise((resolve) => {
      this.#timer = startTimer(SEARCH_TIMEOUT_MS, () => resolve(undefined));
    });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  /** Returns all filesystems that one is stored on, at any depth, itself included if it is stored on itself. */
  async below(superblock: string): Promise<StoredOn> {
    const superblocks = new Set<string>();
    const devices = new Set<string>();
    const open = [await this.#below(`filesystem ${superblock}`)];
    let unknown = false;
    for (let below = open.pop(); below !== undefined; below = open.pop()) {
      unknown ||= below.unknown;
      for (const next of below.superblocks) {
        if (superblocks.has(next)) continue;
        superblocks.add(next);
        open.push(await this.#below(`filesystem ${next}`));
      }
      for (const next of below.devices) {
        if (devices.has(next)) continue;
        devices.add(next);
        open.push(await this.#below(`device ${next}`));
      }
    }
    return { superblocks, unknown };
  }

  #below(node: string): Promise<Below> {
    let below = this.#directlyBelow.get(node);
    if (below === undefined) {
      const [kind, number = ''] = node.split(' ');
      below = kind === 'device' ? this.#belowDevice(number) : this.#belowFilesystem(number);
      this.#directlyBelow.set(node, below);
    }
    return below;
  }

  async #belowFilesystem(superblock: string): Promise<Below> {
    const below = new Below();
    const entry = this.#bySuperblock.get(superblock);
    if (!superblock.startsWith('0:')) below.devices.add(superblock);
    if (entry === undefined) return below;
    if (entry.type === 'overlay') {
      for (const path of overlayFolders(entry.options)) {
        // A relative path was relative to the folder of the program that mounted.
        below.addPlace(path[0] === SLASH ? await this.#placeOf(path) : undefined);
      }
    } else if (entry.type === 'btrfs') {
      for (const device of await this.#btrfsDevices(entry)) below.devices.add(device);
    } else if (OPAQUE_TYPES.test(entry.type) && entry.major === 0) {
      below.unknown = true;
    }
    // The log of xfs may be on another device.
    for (const [, path = ''] of entry.options.matchAll(/(?:^|,)(?:logdev|rtdev)=([^,]+)/g)) {
      const device = await this.#deviceAt(unescapeMountField(path));
      if (device !== undefined) below.devices.add(device);
    }
    return below;
  }

  async #belowDevice(device: string): Promise<Below> {
    const below = new Below();
    const path = `/sys/dev/block/${device}`;
    const tree = this.#trees.find((candidate) => candidate.read(`${path}/dev`) !== undefined);
    if (tree === undefined) {
      if (device.startsWith('7:')) below.addPlace(await this.#backingPlace(device, undefined));
      return below;
    }
    for (const { name } of orUndefined(() => tree.list(`${path}/slaves`)) ?? []) {
      const slave = tree.read(`${path}/slaves/${name}/dev`)?.trim();
      if (slave !== undefined) below.devices.add(slave);
    }
    if (tree.read(`${path}/partition`) !== undefined) {
      const disk = orUndefined(() => tree.read(`${tree.resolve(path)}/../dev`))?.trim();
      if (disk !== undefined) below.devices.add(disk);
    }
    const isLoop = orUndefined(() => tree.list(`${path}/loop`)) !== undefined;
    if (isLoop || (device.startsWith('7:') && below.devices.size === 0)) {
      below.addPlace(await this.#backingPlace(device, tree));
    }
    return below;
  }

  /** Returns the place of a loop device's file. Its path may be deleted, or another file's by now; its numbers are not. */
  async #backingPlace(device: string, tree: DeviceTree | undefined): Promise<Place | undefined> {
    const path = `/sys/dev/block/${device}`;
    const sources = this.#entries.filter((entry) => deviceKey(entry) === device).map(({ source }) => source);
    const node = tree?.device(path)?.node;
    const numbers = await this.#loopStatus(
      device,
      node === undefined ? sources : [Buffer.from(node), ...sources],
    );
    if (numbers !== undefined) {
      const superblock = await this.#superblockOf(numbers.device, undefined);
      if (superblock !== undefined) return { superblock, inode: numbers.inode };
    }
    const file = tree?.read(`${path}/loop/backing_file`)?.replace(/\n$/, '');
    const place = file === undefined ? undefined : await this.#placeOf(Buffer.from(file));
    if (numbers !== undefined && place?.inode !== numbers.inode) return undefined;
    return place;
  }

  async #loopStatus(
    device: string,
    nodes: readonly Buffer[],
  ): Promise<{ readonly device: string; readonly inode: bigint } | undefined> {
    for (const node of nodes) {
      const numbers = await this.#withFile(node, constants.O_RDONLY | constants.O_NONBLOCK, async (file) => {
        const { rdev } = await file.stat({ bigint: true });
        if (deviceKey(splitDeviceNumber(rdev)) !== device) return undefined;
        const info = new BigUint64Array(LOOP_INFO_SIZE_BYTES / 8);
        if ((await ioctl(file.fd, LOOP_GET_STATUS64, info.buffer)) < 0) return undefined;
        const [fileDevice = 0n, inode = 0n] = info;
        return { device: deviceKey(splitDeviceNumber(fileDevice)), inode };
      });
      if (numbers !== undefined) return numbers;
    }
    return undefined;
  }

  #placeOf(path: Buffer): Promise<Place | undefined> {
    return this.#withFile(path, O_PATH, async (file) => {
      const { dev, ino } = await file.stat({ bigint: true });
      const id = /^mnt_id:\t(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${file.fd}`, 'latin1'))?.[1];
      return { superblock: await this.#superblockOf(deviceKey(splitDeviceNumber(dev)), id), inode: ino };
    });
  }

  /**
   * Returns the filesystem of a file. Its device number is that of the filesystem, but not on a btrfs subvolume, nor on
   * some overlays.
   */
  async #superblockOf(device: string, mountId: string | undefined): Promise<string | undefined> {
    if (this.#bySuperblock.has(device)) return device;
    const entry = mountId === undefined ? undefined : this.#byId.get(Number(mountId));
    if (entry !== undefined) return deviceKey(entry);
    for (const candidate of this.#entries.filter(({ type }) => type === 'btrfs')) {
      const stats = await this.#inTime(stat(candidate.directory, { bigint: true }));
      if (stats !== undefined && deviceKey(splitDeviceNumber(stats.dev)) === device)
        return deviceKey(candidate);
    }
    return undefined;
  }

  async #btrfsDevices({ source }: MountEntry): Promise<readonly string[]> {
    const device = await this.#deviceAt(source);
    if (device === undefined) return [];
    for (const tree of this.#trees) {
      for (const { name } of orUndefined(() => tree.list('/sys/fs/btrfs')) ?? []) {
        const folder = `/sys/fs/btrfs/${name}/devices`;
        const members = (orUndefined(() => tree.list(folder)) ?? []).flatMap(
          (link) => tree.read(`${folder}/${link.name}/dev`)?.trim() ?? [],
        );
        if (members.includes(device)) return members;
      }
    }
    return [device];
  }

  async #deviceAt(path: Buffer): Promise<string | undefined> {
    const stats = await this.#inTime(stat(path, { bigint: true }));
    return stats?.isBlockDevice() === true ? deviceKey(splitDeviceNumber(stats.rdev)) : undefined;
  }

  /** Returns the result of `use` with an open file; undefined if it fails or the time is over. */
  #withFile<T>(path: Buffer, flags: number, use: (file: FileHandle) => Promise<T>): Promise<T | undefined> {
    const work = async (): Promise<T> => {
      await using file = await open(path, flags);
      return await use(file);
    };
    return this.#inTime(work());
  }

  /** Returns the result of `work`; undefined if it fails, or the time of the search is over. */
  #inTime<T>(work: Promise<T>): Promise<T | undefined> {
    return Promise.race([work.catch(() => undefined), this.#timeout]);
  }
}

function readEntries(root: string): readonly MountEntry[] {
  using table = new OpenMountTable(root);
  return parseMountTable(table.read());
}

/** Returns the folders that an overlay consists of. */
function overlayFolders(options: string): Buffer[] {
  return options.split(',').flatMap((option) => {
    const [, key, value = ''] = /^(lowerdir\+?|upperdir|workdir|datadir\+)=(.*)$/.exec(option) ?? [];
    if (key === undefined) return [];
    const text = unescapeMountField(value).toString('latin1');
    const paths = key === 'lowerdir' ? text.split(/(?<!\\)::?/) : [text];
    return paths
      .filter((path) => path !== '')
      .map((path) => Buffer.from(path.replace(/\\(.)/g, '$1'), 'latin1'));
  });
}
