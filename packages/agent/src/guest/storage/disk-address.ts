import type { GuestDiskAddress, GuestPCIAddress } from '@guestwire/protocol/contract';
import { attempt, OperationError } from '../../operation-error.js';
import type { DeviceTree } from './device-tree.js';

/** The position of a disk, derived from its path in `/sys`. */
interface Location extends Omit<GuestDiskAddress, 'serial' | 'dev'> {
  /** False if the path could not be understood. */
  readonly known: boolean;
}

const NOWHERE: Location = {
  known: false,
  'pci-controller': { domain: -1, bus: -1, slot: -1, function: -1 },
  'bus-type': 'unknown',
  bus: 0,
  target: 0,
  unit: 0,
};

/** Number of channels of a controller that are considered (qemu-ga §5.13). */
const MAX_HOSTS = 8;

/**
 * Returns the address of a disk that is not virtual (qemu-ga §5.13).
 * @param path the device's resolved folder in `/sys`
 * @param lenient leaves the location unknown if the controller's folder cannot be read
 * @returns undefined if nothing is known, not even the node
 * @throws {OperationError} if the controller's folder cannot be read, unless `lenient`
 */
export function diskAddress(tree: DeviceTree, path: string, lenient = false): GuestDiskAddress | undefined {
  const device = tree.device(path);
  const serial = device?.property('ID_SERIAL');
  const dev = device?.node;
  const { known, 'ccw-address': ccw, ...location } = locate(tree, path, lenient);
  if (!known && serial === undefined && dev === undefined) return undefined;
  return {
    ...location,
    ...(serial !== undefined && { serial }),
    ...(dev !== undefined && { dev }),
    ...(ccw !== undefined && { 'ccw-address': ccw }),
  };
}

function locate(tree: DeviceTree, path: string, lenient: boolean): Location {
  if (path.includes('/devices/css')) return onChannelBus(path);
  if (!path.includes('/devices/pci')) return onVirtio(path);
  const controller = findController(tree, path);
  if (controller === undefined) return NOWHERE;
  try {
    const place = controller.place(targetOf(path), channelOf(tree, path));
    return { ...NOWHERE, 'pci-controller': controller.address, ...place, known: place !== undefined };
  } catch (error) {
    if (lenient && error instanceof OperationError) return NOWHERE;
    throw error;
  }
}

/** The numbers of a SCSI device: `/target0:0:1/0:0:1:2`. */
interface Target {
  readonly bus: number;
  readonly target: number;
  readonly unit: number;
}

type Place = Partial<Pick<Location, 'bus-type' | 'bus' | 'unit'>>;

/**
 * The known drivers, each with the place of a disk; undefined if the path lacks a part that this takes. `channel` is the
 * index of the disk's channel at its controller.
 */
const DRIVERS = new Map<string, (target?: Target, channel?: number) => Place | undefined>([
  // One channel for each IDE bus.
  [
    'ata_piix',
    (target, channel) =>
      target && channel !== undefined ? { 'bus-type': 'ide', bus: channel, unit: target.target } : undefined,
  ],
  ['sym53c8xx', (target) => target && { 'bus-type': 'scsi', unit: target.target }],
  ['virtio-pci', (target) => (target ? { 'bus-type': 'scsi', unit: target.unit } : { 'bus-type': 'virtio' })],
  // One channel for each disk.
  [
    'ahci',
    (target, channel) =>
      target && channel !== undefined ? { 'bus-type': 'sata', unit: channel } : undefined,
  ],
  ['nvme', () => ({ 'bus-type': 'nvme' })],
  ['xhci_hcd', () => ({ 'bus-type': 'usb' })],
  ['ehci-pci', () => ({ 'bus-type': 'usb' })],
]);

interface Controller {
  readonly address: GuestPCIAddress;
  readonly place: (target?: Target, channel?: number) => Place | undefined;
}

/** Returns the first PCI device of a path whose driver is known. */
function findController(tree: DeviceTree, path: string): Controller | undefined {
  const root = /\/devices\/pci[\da-f]+:[\da-f]+(?=\/)/i.exec(path);
  if (root === null) return undefined;
  // Numbers of the kernel have 32 bits at most.
  const device = /\/([\da-f]{1,8}):([\da-f]{1,8}):([\da-f]{1,8})\.([\da-f]{1,8})/iy;
  device.lastIndex = root.index + root[0].length;
  for (let match = device.exec(path); match !== null; match = device.exec(path)) {
    const place = DRIVERS.get(tree.linkName(`${path.slice(0, device.lastIndex)}/driver`) ?? '');
    if (place === undefined) continue;
    const [domain = 0, bus = 0, slot = 0, fn = 0] = match
      .slice(1)
      .map((digits) => Number.parseInt(digits, 16));
    return { address: { domain, bus, slot, function: fn }, place };
  }
  return undefined;
}

function targetOf(path: string): Target | undefined {
  const start = path.indexOf('/target');
  const numbers =
    start < 0 ? null : /^\/target\d+:\d+:\d+\/\d+:(\d{1,15}):(\d{1,15}):(\d{1,15})/.exec(path.slice(start));
  const [, bus, target, unit] = numbers ?? [];
  if (bus === undefined) return undefined;
  return { bus: Number(bus), target: Number(target), unit: Number(unit) };
}

/** Returns the index of a disk's channel (`ata3`, `host2`) at its controller. */
function channelOf(tree: DeviceTree, path: string): number | undefined {
  const kind = path.includes('/ata') ? 'ata' : 'host';
  const start = path.indexOf(`/${kind}`);
  const own = start < 0 ? undefined : leadingNumber(path.slice(start + 1), kind);
  if (own === undefined) return undefined;
  const folder = path.slice(0, start);
  const entries = attempt(`opendir("${folder}")`, () => tree.list(folder));
  const channels = entries.flatMap(({ name }) => leadingNumber(name, kind) ?? []).slice(0, MAX_HOSTS);
  const index = channels.sort((a, b) => a - b).indexOf(own);
  return index < 0 ? undefined : index;
}

/** Returns 12 for `ata12/…`. */
function leadingNumber(text: string, kind: 'ata' | 'host'): number | undefined {
  const digits = text.startsWith(kind) ? /^\d+/.exec(text.slice(kind.length)) : null;
  return digits === null ? undefined : Number(digits[0]);
}

/** Locates a disk on the channel bus of s390x. */
function onChannelBus(path: string): Location {
  const css =
    /\/devices\/css[\da-f]+\/([\da-f]{1,8})\.([\da-f]{1,8})\.([\da-f]{1,8})\/[\da-f]+\.[\da-f]+\.([\da-f]{1,8})/i;
  const match = css.exec(path);
  if (match === null) return NOWHERE;
  const [cssid = 0, ssid = 0, subchno = 0, devno = 0] = match
    .slice(1)
    .map((digits) => Number.parseInt(digits, 16));
  const virtio = path.slice(match.index).includes('/virtio') ? onVirtio(path) : NOWHERE;
  return { ...virtio, known: true, 'ccw-address': { cssid, ssid, subchno, devno } };
}

/** Locates a virtio disk that is not on a PCI bus. */
function onVirtio(path: string): Location {
  if (!path.includes('/virtio') || !path.includes('/block')) return NOWHERE;
  const target = targetOf(path);
  if (target === undefined) return { ...NOWHERE, known: true, 'bus-type': 'virtio' };
  return { ...NOWHERE, known: true, 'bus-type': 'scsi', ...target };
}
