import { GuestDiskStats, type GuestDiskStatsInfo } from '@guestwire/protocol/contract';
import { exactInteger } from '../system-file.js';

type Name = keyof GuestDiskStats;

/** The kernel's counters of a device in the order of its line; the last ones came with Linux 4.18 and 5.5. */
const COUNTERS = [
  'read-ios',
  'read-merges',
  'read-sectors',
  'read-ticks',
  'write-ios',
  'write-merges',
  'write-sectors',
  'write-ticks',
  'ios-pgr',
  'total-ticks',
  'weight-ticks',
  'discard-ios',
  'discard-merges',
  'discard-sectors',
  'discard-ticks',
  'flush-ios',
  'flush-ticks',
] as const satisfies readonly Name[];

/** The counters of a partition before Linux 2.6.25. */
const OLD_PARTITION = ['read-ios', 'read-sectors', 'write-ios', 'write-sectors'] as const;

const MEMBERS: readonly string[] = GuestDiskStats.members.map(({ name }) => name);

/** Counters with their positions in a line, in the order of the schema, which is that of the reply. */
function layoutOf(counters: readonly Name[]): readonly (readonly [name: Name, at: number])[] {
  return counters
    .map((name, at) => [name, at] as const)
    .sort(([a], [b]) => MEMBERS.indexOf(a) - MEMBERS.indexOf(b));
}

/** The layouts of kernels; a line with a number in between has the smaller layout. */
const LAYOUTS = [17, 15, 11].map((size) => ({ size, layout: layoutOf(COUNTERS.slice(0, size)) }));
const OLD_LAYOUT = layoutOf(OLD_PARTITION);

/** Parses `/proc/diskstats` (qemu-ga §5.2). Invalid lines are ignored. */
export function parseDiskStatistics(text: string): GuestDiskStatsInfo[] {
  const devices: GuestDiskStatsInfo[] = [];
  for (const line of text.split('\n')) {
    const found = /^\s*(\d+)\s+(\d+)\s+(\S+)((?:\s+\d+(?!\S))*)/.exec(line);
    if (found === null) continue;
    const [, major = '', minor = '', name = '', rest = ''] = found;
    const numbers = rest.match(/\d+/g) ?? [];
    if (numbers.length < OLD_PARTITION.length) continue;
    const known = LAYOUTS.find(({ size }) => numbers.length >= size)?.layout;
    const stats: GuestDiskStats = {};
    for (const [counter, at] of known ?? (numbers.length === OLD_PARTITION.length ? OLD_LAYOUT : [])) {
      stats[counter] = exactInteger(numbers[at] ?? '0');
    }
    devices.push({ name, major: exactInteger(major), minor: exactInteger(minor), stats });
  }
  return devices;
}
