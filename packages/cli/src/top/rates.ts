import type { GuestCpuStats, GuestDiskStatsInfo } from '@guestwire/protocol/contract';
import type { MemoryUse, Sample, Timed } from './sample.js';

/** Shares of CPU time, from 0 to 1. */
export interface CpuShares {
  readonly user: number;
  readonly system: number;
  /** Idle while a program waits for I/O. */
  readonly iowait: number;
  /** Taken by the host. */
  readonly steal: number;
  /** User, system and steal. */
  readonly busy: number;
}

/** Disk activity per second. */
export interface DiskRate {
  readonly name: string;
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly reads: number;
  readonly writes: number;
  /** The share of time with I/O in progress; `undefined` if unknown. */
  readonly busy: number | undefined;
}

/** Network traffic per second. */
export interface NetRate {
  readonly name: string;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly receivedPackets: number;
  readonly sentPackets: number;
}

/** The activity of a guest between two samples; `undefined` if unknown. Disks without I/O are left out. */
export interface Activity {
  readonly load: readonly [number, number, number] | undefined;
  readonly cpu: CpuShares | undefined;
  readonly cpus: readonly (CpuShares & { readonly id: number | bigint })[] | undefined;
  readonly memory: MemoryUse | undefined;
  readonly disks: readonly DiskRate[] | undefined;
  readonly net: readonly NetRate[] | undefined;
}

type Counter = number | bigint | undefined;

const SECTOR_BYTES = 512;

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** Returns the increase of a counter; 0 after a reset. */
function increase(before: Counter, after: Counter): number {
  return Math.max(0, Number(BigInt(after ?? 0) - BigInt(before ?? 0)));
}

/** Computes the rates of each named item of two samples; 0 for a new one. */
function ratesOf<T extends { readonly name: string }, R>(
  before: Timed<readonly T[]> | undefined,
  after: Timed<readonly T[]> | undefined,
  isShown: (item: T) => boolean,
  rate: (before: T, after: T, perSecond: (before: Counter, after: Counter) => number) => R,
): R[] | undefined {
  if (after === undefined) return undefined;
  const seconds = before === undefined ? 0 : (after.at - before.at) / 1000;
  const known = new Map((before?.value ?? []).map((item) => [item.name, item]));
  const perSecond = (from: Counter, to: Counter): number =>
    seconds > 0 ? rounded(increase(from, to) / seconds) : 0;
  return after.value.filter(isShown).map((item) => rate(known.get(item.name) ?? item, item, perSecond));
}

function sharesOf(before: readonly GuestCpuStats[], after: readonly GuestCpuStats[]): CpuShares {
  const sum = (name: Exclude<keyof GuestCpuStats, 'type' | 'cpu'>): number =>
    after.reduce((total, cpu, i) => total + increase(before[i]?.[name], cpu[name]), 0);
  const user = sum('user') + sum('nice');
  const system = sum('system') + sum('irq') + sum('softirq');
  const [iowait, steal] = [sum('iowait'), sum('steal')];
  // Guest time (nested VMs) is included in user time.
  const all = user + system + iowait + steal + sum('idle');
  const share = (part: number): number => (all === 0 ? 0 : rounded(part / all));
  return {
    user: share(user),
    system: share(system),
    iowait: share(iowait),
    steal: share(steal),
    busy: share(user + system + steal),
  };
}

function cpusOf(before: Sample | undefined, after: Sample): Pick<Activity, 'cpu' | 'cpus'> {
  if (after.cpus === undefined) return { cpu: undefined, cpus: undefined };
  const known = new Map((before?.cpus?.value ?? []).map((cpu) => [String(cpu.cpu), cpu]));
  const pairs = after.cpus.value.map((cpu) => [known.get(String(cpu.cpu)) ?? cpu, cpu] as const);
  return {
    cpu: sharesOf(
      pairs.map(([old]) => old),
      pairs.map(([, cpu]) => cpu),
    ),
    cpus: pairs.map(([old, cpu]) => ({ id: cpu.cpu, ...sharesOf([old], [cpu]) })),
  };
}

/** Returns whether a disk has ever been used; a loop device that is not set up has not. */
function isUsed({ stats }: GuestDiskStatsInfo): boolean {
  return Number(stats['read-ios'] ?? 0) + Number(stats['write-ios'] ?? 0) > 0;
}

/** Returns the activity between two samples; all rates are 0 without the first. */
export function activityBetween(before: Sample | undefined, after: Sample): Activity {
  const { load, memory } = after;
  return {
    load: load === undefined ? undefined : [load.value.load1m, load.value.load5m, load.value.load15m],
    ...cpusOf(before, after),
    memory: memory?.value,
    disks: ratesOf(before?.disks, after.disks, isUsed, ({ stats: old }, { name, stats }, perSecond) => ({
      name,
      readBytes: perSecond(old['read-sectors'], stats['read-sectors']) * SECTOR_BYTES,
      writeBytes: perSecond(old['write-sectors'], stats['write-sectors']) * SECTOR_BYTES,
      reads: perSecond(old['read-ios'], stats['read-ios']),
      writes: perSecond(old['write-ios'], stats['write-ios']),
      busy:
        stats['total-ticks'] === undefined
          ? undefined
          : Math.min(1, perSecond(old['total-ticks'], stats['total-ticks']) / 1000),
    })),
    net: ratesOf(
      before?.net,
      after.net,
      // The agent omits the counters of an interface without an address.
      ({ statistics }) => statistics !== undefined,
      ({ statistics: old }, { name, statistics }, perSecond) => ({
        name,
        receivedBytes: perSecond(old?.['rx-bytes'], statistics?.['rx-bytes']),
        sentBytes: perSecond(old?.['tx-bytes'], statistics?.['tx-bytes']),
        receivedPackets: perSecond(old?.['rx-packets'], statistics?.['rx-packets']),
        sentPackets: perSecond(old?.['tx-packets'], statistics?.['tx-packets']),
      }),
    ),
  };
}
