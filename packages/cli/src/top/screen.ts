import { printable } from '../output/printable.js';
import { table } from '../output/table.js';
import { humanBytes } from '../output/units.js';
import { cutTo } from '../output/width.js';
import { UNKNOWN } from '../output/words.js';
import type { Activity, CpuShares } from './rates.js';

/** What stands above the numbers. */
export interface Heading {
  readonly name: string;
  /** The guest's clock, or the host's. */
  readonly time: string;
  /** What is not told, and why. */
  readonly missing: ReadonlyMap<string, string>;
  /** What is wrong at the moment. */
  readonly problem: string | undefined;
}

/** A share as a bar of so many columns. */
function bar(share: number, columns: number): string {
  const full = Math.round(Math.min(Math.max(share, 0), 1) * columns);
  return `[${'|'.repeat(full)}${' '.repeat(columns - full)}]`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)}%`.padStart(4);
}

function cpuLine(name: string, shares: CpuShares): string {
  return `${name.padEnd(5)} ${bar(shares.busy, 20)} ${percent(shares.busy)}  user${percent(shares.user)}  system${percent(shares.system)}  waiting${percent(shares.iowait)}  stolen${percent(shares.steal)}`;
}

/** Many processors stand side by side. */
function cpuGrid(cpus: NonNullable<Activity['cpus']>, width: number): string[] {
  const cells = cpus.map(({ id, busy }) => `${String(id).padStart(4)} ${bar(busy, 10)} ${percent(busy)}`);
  const cell = Math.max(0, ...cells.map(({ length }) => length)) + 2;
  const perLine = Math.max(1, Math.floor(width / cell));
  return Array.from({ length: Math.ceil(cells.length / perLine) }, (_, i) =>
    cells
      .slice(i * perLine, (i + 1) * perLine)
      .map((text) => text.padEnd(cell))
      .join('')
      .trimEnd(),
  );
}

function used(name: string, total: number, free: number): string {
  return `${name.padEnd(5)} ${bar(total === 0 ? 0 : (total - free) / total, 20)} ${percent(total === 0 ? 0 : (total - free) / total)}  ${humanBytes(total - free)} of ${humanBytes(total)}`;
}

function perSecond(bytes: number): string {
  return `${humanBytes(Math.round(bytes))}/s`;
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

const diskColumns = [
  { title: 'DISK', cut: true },
  { title: 'READ', right: true },
  { title: 'WRITTEN', right: true },
  { title: 'READS', right: true },
  { title: 'WRITES', right: true },
  { title: 'BUSY', right: true },
] as const;

const netColumns = [
  { title: 'INTERFACE', cut: true },
  { title: 'RECEIVED', right: true },
  { title: 'SENT', right: true },
  { title: 'PACKETS IN', right: true },
  { title: 'PACKETS OUT', right: true },
] as const;

/** A section begins with an empty line, and is not there if it is empty. */
function section(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

/** The lines of one picture, none wider than `width`. */
export function picture(activity: Activity, heading: Heading, width: number): string[] {
  const { load, cpu, cpus, memory, disks, net } = activity;
  const loads = load === undefined ? '' : `  load ${load.map((value) => value.toFixed(2)).join(' ')}`;
  const lines = [
    `${printable(heading.name)}${loads}  ${heading.time}`,
    ...(heading.problem === undefined ? [] : [printable(heading.problem)]),
    ...section([
      ...(cpu === undefined ? [] : [cpuLine('CPU', cpu)]),
      ...(cpus === undefined || cpus.length < 2 ? [] : cpuGrid(cpus, width)),
      ...(memory === undefined ? [] : [used('Mem', memory.total, memory.available)]),
      ...(memory === undefined || memory.swapTotal === 0
        ? []
        : [used('Swap', memory.swapTotal, memory.swapFree)]),
    ]),
    ...section(
      disks === undefined || disks.length === 0
        ? []
        : table(
            diskColumns,
            disks
              .toSorted(byName)
              .map(({ name, readBytes, writeBytes, reads, writes, busy }) => [
                name,
                perSecond(readBytes),
                perSecond(writeBytes),
                reads.toFixed(0),
                writes.toFixed(0),
                busy === undefined ? UNKNOWN : percent(busy).trim(),
              ]),
            width,
          ).split('\n'),
    ),
    ...section(
      net === undefined || net.length === 0
        ? []
        : table(
            netColumns,
            net
              .toSorted(byName)
              .map(({ name, receivedBytes, sentBytes, receivedPackets, sentPackets }) => [
                name,
                perSecond(receivedBytes),
                perSecond(sentBytes),
                receivedPackets.toFixed(0),
                sentPackets.toFixed(0),
              ]),
            width,
          ).split('\n'),
    ),
    ...section(Array.from(heading.missing, ([what, why]) => `no ${what}: ${printable(why)}`)),
  ];
  return lines.map((line) => cutTo(line, width));
}
