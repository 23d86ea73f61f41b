import { guestGetDisks } from '@guestwire/protocol/contract';
import { ask } from '../ask.js';
import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import { table } from '../output/table.js';
import { UNKNOWN } from '../output/words.js';
import type { GuestFlags } from '../parameters.js';

const columns = [
  { title: 'DEVICE', cut: true },
  { title: 'KIND' },
  { title: 'BUS' },
  { title: 'PCI' },
  { title: 'SERIAL', cut: true },
  { title: 'ALIAS', cut: true },
  { title: 'LIES ON', cut: true },
] as const;

/** A place on the PCI bus. */
interface PciAddress {
  readonly domain: number | bigint;
  readonly bus: number | bigint;
  readonly slot: number | bigint;
  readonly function: number | bigint;
}

function hex(value: number | bigint, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** As lspci writes it; a disk without such a place has -1 everywhere. */
function pci(address: PciAddress): string {
  return Number(address.domain) < 0
    ? UNKNOWN
    : `${hex(address.domain, 4)}:${hex(address.bus, 2)}:${hex(address.slot, 2)}.${hex(address.function, 1)}`;
}

/** `guestctl disks`: the disks and their partitions. */
export default async function disks(this: CliContext, flags: GuestFlags): Promise<void> {
  await eachGuest(this, flags, async (visit) => {
    const { value: found, raw } = await ask(visit, guestGetDisks);
    const rows = found.map(({ name, partition, address, alias, dependencies = [] }) => [
      name,
      partition ? 'partition' : 'disk',
      address?.['bus-type'] ?? UNKNOWN,
      address === undefined ? UNKNOWN : pci(address['pci-controller']),
      address?.serial ?? UNKNOWN,
      alias ?? UNKNOWN,
      dependencies.join(' ') || UNKNOWN,
    ]);
    return { json: raw, text: ({ width }) => table(columns, rows, width) };
  });
}
