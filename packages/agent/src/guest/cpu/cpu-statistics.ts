import type { GuestCpuStats, GuestLinuxCpuStats } from '@guestwire/protocol/contract';
import { exactInteger } from '../integer.js';

/** The counts that kernels have added to the first four, in the order of their line and of the schema. */
const LATER = ['iowait', 'irq', 'softirq', 'steal', 'guest', 'guestnice'] as const satisfies readonly Exclude<
  keyof GuestLinuxCpuStats,
  'cpu'
>[];

/** So many counts every kernel has. */
const LEAST = 4;

/**
 * Reads `/proc/stat` (qemu-ga §5.2): the time that each processor has spent, in milliseconds.
 *
 * @param broken called for a processor's line with too few counts; what comes after it is not told
 */
export function parseCpuStatistics(text: string, broken: () => void): GuestCpuStats[] {
  const processors: GuestCpuStats[] = [];
  for (const line of text.split('\n')) {
    const [name = '', ...words] = line.trim().split(/\s+/);
    // The line `cpu` is the sum of all.
    if (!name.startsWith('cpu') || name === 'cpu') continue;
    const end = words.findIndex((word) => !/^\d+$/.test(word));
    const times = (end < 0 ? words : words.slice(0, end)).map(milliseconds);
    if (times.length < LEAST) {
      broken();
      break;
    }
    const cpu = Number.parseInt(name.slice('cpu'.length), 10) || 0;
    const [user = 0, nice = 0, system = 0, idle = 0] = times;
    const stats: GuestCpuStats = { type: 'linux', cpu, user, nice, system, idle };
    for (const [i, member] of LATER.entries()) {
      const time = times[LEAST + i];
      if (time !== undefined) stats[member] = time;
    }
    // The two are told together, as by the C agent.
    if (stats.irq !== undefined) stats.softirq ??= 0;
    processors.push(stats);
  }
  return processors;
}

/** The kernel counts in hundredths of a second, whatever the architecture: one digit more makes it milliseconds. */
function milliseconds(ticks: string): number | bigint {
  return exactInteger(`${ticks}0`);
}
