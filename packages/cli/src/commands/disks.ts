import { type GuestPCIAddress, guestGetDisks } from '@guestwire/protocol/contract';
import { tableCommand } from '../calls.js';
import { UNKNOWN } from '../output/format.js';
import { cut } from '../output/table.js';

const COLUMNS = [cut('DEVICE'), 'TYPE', 'BUS', 'PCI', cut('SERIAL'), cut('ALIAS'), cut('DEPENDS ON')];

function hex(value: number | bigint, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** Formats an address as lspci does. All parts are -1 if the disk has none. */
function formatPci(address: GuestPCIAddress): string {
  return Number(address.domain) < 0
    ? UNKNOWN
    : `${hex(address.domain, 4)}:${hex(address.bus, 2)}:${hex(address.slot, 2)}.${hex(address.function, 1)}`;
}

/** `guestctl disks`: lists the disks and their partitions. */
export default tableCommand(guestGetDisks, COLUMNS, (disks) =>
  disks.map(({ name, partition, address, alias, dependencies = [] }) => [
    name,
    partition ? 'partition' : 'disk',
    address?.['bus-type'] ?? UNKNOWN,
    address === undefined ? UNKNOWN : formatPci(address['pci-controller']),
    address?.serial ?? UNKNOWN,
    alias ?? UNKNOWN,
    dependencies.join(' ') || UNKNOWN,
  ]),
);
