import type { GuestCpuStats, GuestLinuxCpuStats } from '@guestwire/protocol/contract';
import { exactInteger } from '../system-file.js';

/** Counters that kernels added to the first four, in the order of their line and of the schema. */
const ADDED = ['iowait', 'irq', 'softirq', 'steal', 'guest', 'guestnice'] as const satisfies readonly Exclude<
  keyof GuestLinuxCpuStats,
  'cpu'
>[];

/** Every kernel has these counters: user, nice, system, idle. */
const MIN_COUNTERS = 4;

/**
 * Parses `/proc/stat` (qemu-ga §5.2): the time of each processor, in milliseconds.
 * @param invalid called for a line with too few counters, which ends the list
 */
export function parseCpuStatistics(text: string, invalid: () => void): GuestCpuStats[] {
  const processors: GuestCpuStats[] = [];
  for (const line of text.split('\n')) {
    const [name = '', ...words] = line.trim().split(/\s+/);
    // The line `cpu` is the sum of all.
    if (!name.startsWith('cpu') || name === 'cpu') continue;
    const end = words.findIndex((word) => !/^\d+$/.test(word));
    // The kernel counts hundredths of a second on all architectures.
    const times = (end < 0 ? words : words.slice(0, end)).map((ticks) => exactInteger(`${ticks}0`));
    if (times.length < MIN_COUNTERS) {
      invalid();
      break;
    }
    const cpu = Number.parseInt(name.slice('cpu'.length), 10) || 0;
    const [user = 0, nice = 0, system = 0, idle = 0] = times;
    const stats: GuestCpuStats = { type: 'linux', cpu, user, nice, system, idle };
    for (const [i, member] of ADDED.entries()) {
      const time = times[MIN_COUNTERS + i];
      if (time !== undefined) stats[member] = time;
    }
    // qemu-ga reports both or neither.
    if (stats.irq !== undefined) stats.softirq ??= 0;
    processors.push(stats);
  }
  return processors;
}
