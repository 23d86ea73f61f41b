import { GuestDiskStats, type GuestDiskStatsInfo } from '@guestwire/protocol/contract';
import { exactInteger } from '../integer.js';

/** The kernel's counts of a device in the order of its line; the last came with Linux 4.18 and 5.5. */
const COUNTS = [
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
] as const satisfies readonly (keyof GuestDiskStats)[];

/** All that was told of a partition before Linux 2.6.25. */
const OLD_PARTITION = ['read-ios', 'read-sectors', 'write-ios', 'write-sectors'] as const;

/** A member of the reply, and the count that it gets. */
type Place = readonly [name: keyof GuestDiskStats, at: number];

/** Members in the order of the schema, which the wire keeps. */
function placesOf(counts: readonly (keyof GuestDiskStats)[]): readonly Place[] {
  return counts
    .map((name, at): Place => [name, at])
    .sort(([a], [b]) => MEMBERS.indexOf(a) - MEMBERS.indexOf(b));
}

const MEMBERS: readonly string[] = GuestDiskStats.members.map(({ name }) => name);

/** What kernels tell, by the number of counts; a number between two of them tells no more than the smaller. */
const LAYOUTS = [17, 15, 11].map((size) => ({ size, places: placesOf(COUNTS.slice(0, size)) }));
const OLD_LAYOUT = placesOf(OLD_PARTITION);

/** Reads `/proc/diskstats` (qemu-ga §5.2). A line that makes no sense counts for nothing. */
export function parseDiskStatistics(text: string): GuestDiskStatsInfo[] {
  const devices: GuestDiskStatsInfo[] = [];
  for (const line of text.split('\n')) {
    const [major, minor, name, ...words] = line.trim().split(/\s+/);
    if (!isNumber(major) || !isNumber(minor) || name === undefined) continue;
    const end = words.findIndex((word) => !isNumber(word));
    const numbers = end < 0 ? words : words.slice(0, end);
    if (numbers.length < OLD_PARTITION.length) continue;
    devices.push({ name, major: Number(major), minor: Number(minor), stats: statistics(numbers) });
  }
  return devices;
}

function statistics(numbers: readonly string[]): GuestDiskStats {
  const layout = LAYOUTS.find(({ size }) => numbers.length >= size)?.places;
  const stats: GuestDiskStats = {};
  for (const [name, at] of layout ?? (numbers.length === OLD_PARTITION.length ? OLD_LAYOUT : [])) {
    stats[name] = exactInteger(numbers[at] ?? '0');
  }
  return stats;
}

function isNumber(word: string | undefined): word is string {
  return word !== undefined && /^\d+$/.test(word);
}
