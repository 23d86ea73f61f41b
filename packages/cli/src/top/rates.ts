import type { GuestCpuStats } from '@guestwire/protocol/contract';
import type { MemoryUse } from './meminfo.js';
import type { Sample, Timed } from './sample.js';

/** Shares of a processor's time, from 0 to 1. */
export interface CpuShares {
  readonly user: number;
  readonly system: number;
  /** Doing nothing while a program waits for a disk. */
  readonly iowait: number;
  /** Kept from running by the host. */
  readonly steal: number;
  /** Everything but doing nothing. */
  readonly busy: number;
}

/** A disk's traffic, per second. */
export interface DiskRate {
  readonly name: string;
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly reads: number;
  readonly writes: number;
  /** The share of the time in which it had something to do; `undefined` if it does not tell. */
  readonly busy: number | undefined;
}

/** An interface's traffic, per second. */
export interface NetRate {
  readonly name: string;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly receivedPackets: number;
  readonly sentPackets: number;
}

/** What goes on in a guest, between two samples. What is not known is absent; what has never been used is left out. */
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

/** Exact enough for anybody. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** How much a counter has grown; nothing if it has begun anew. */
function growth(before: Counter, after: Counter): number {
  return Math.max(0, Number(BigInt(after ?? 0) - BigInt(before ?? 0)));
}

/** Counters of both samples, by name, and the seconds between. */
function paired<T, R>(
  before: Timed<readonly T[]> | undefined,
  after: Timed<readonly T[]> | undefined,
  nameOf: (item: T) => string,
  rate: (before: T, after: T, perSecond: (before: Counter, after: Counter) => number) => R,
): R[] | undefined {
  if (after === undefined) return undefined;
  const seconds = before === undefined ? 0 : (after.at - before.at) / 1000;
  const known = new Map((before?.value ?? []).map((item) => [nameOf(item), item]));
  const perSecond = (from: Counter, to: Counter): number =>
    seconds > 0 ? rounded(growth(from, to) / seconds) : 0;
  return after.value.map((item) => rate(known.get(nameOf(item)) ?? item, item, perSecond));
}

function sharesOf(before: readonly GuestCpuStats[], after: readonly GuestCpuStats[]): CpuShares {
  const sum = (name: Exclude<keyof GuestCpuStats, 'type' | 'cpu'>): number =>
    after.reduce((so, cpu, i) => so + growth(before[i]?.[name], cpu[name]), 0);
  const [user, system, iowait, steal] = [
    sum('user') + sum('nice'),
    sum('system') + sum('irq') + sum('softirq'),
    sum('iowait'),
    sum('steal'),
  ];
  // Time in virtual machines of the guest's own is counted as a program's already.
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

/** A loop device that nobody has set up, say, is no disk to look at. */
function used(disks: Sample['disks']): Sample['disks'] {
  return disks === undefined
    ? undefined
    : {
        ...disks,
        value: disks.value.filter(
          ({ stats }) => Number(stats['read-ios'] ?? 0) + Number(stats['write-ios'] ?? 0) > 0,
        ),
      };
}

/** Of an interface without an address an agent tells nothing. */
function counted(net: Sample['net']): Sample['net'] {
  return net === undefined
    ? undefined
    : { ...net, value: net.value.filter(({ statistics }) => statistics !== undefined) };
}

/** What went on between two samples; all rates are 0 without the first. */
export function activityBetween(before: Sample | undefined, after: Sample): Activity {
  const { load, memory } = after;
  return {
    load: load === undefined ? undefined : [load.value.load1m, load.value.load5m, load.value.load15m],
    ...cpusOf(before, after),
    memory: memory?.value,
    disks: paired(
      before?.disks,
      used(after.disks),
      ({ name }) => name,
      ({ stats: old }, { name, stats }, perSecond) => ({
        name,
        readBytes: perSecond(old['read-sectors'], stats['read-sectors']) * SECTOR_BYTES,
        writeBytes: perSecond(old['write-sectors'], stats['write-sectors']) * SECTOR_BYTES,
        reads: perSecond(old['read-ios'], stats['read-ios']),
        writes: perSecond(old['write-ios'], stats['write-ios']),
        busy:
          stats['total-ticks'] === undefined
            ? undefined
            : Math.min(1, perSecond(old['total-ticks'], stats['total-ticks']) / 1000),
      }),
    ),
    net: paired(
      before?.net,
      counted(after.net),
      ({ name }) => name,
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
