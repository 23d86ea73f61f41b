import { printable } from '../output/escape.js';
import { bar, humanBytes, UNKNOWN } from '../output/format.js';
import { type Column, cut, right, table } from '../output/table.js';
import { cutTo } from '../output/text.js';
import type { Activity, CpuShares } from './rates.js';

/** The guest, and what could not be read. */
export interface Heading {
  readonly name: string;
  readonly time: string;
  /** The error messages of calls that failed for good. */
  readonly missing: ReadonlyMap<string, string>;
  /** The current connection problem. */
  readonly problem: string | undefined;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)}%`.padStart(4);
}

function usageBar(name: string, share: number): string {
  return `${name.padEnd(5)} ${bar(share, 20, '|')} ${percent(share)}`;
}

function cpuLine(shares: CpuShares): string {
  return `${usageBar('CPU', shares.busy)}  user${percent(shares.user)}  system${percent(shares.system)}  waiting${percent(shares.iowait)}  stolen${percent(shares.steal)}`;
}

function memoryLine(name: string, total: number, free: number): string {
  const share = total === 0 ? 0 : (total - free) / total;
  return `${usageBar(name, share)}  ${humanBytes(total - free)} of ${humanBytes(total)}`;
}

/** Renders the CPUs side by side. */
function cpuGrid(cpus: NonNullable<Activity['cpus']>, width: number): string[] {
  const cells = cpus.map(
    ({ id, busy }) => `${String(id).padStart(4)} ${bar(busy, 10, '|')} ${percent(busy)}`,
  );
  const cell = cells.reduce((width, { length }) => Math.max(width, length), 0) + 2;
  const perLine = Math.max(1, Math.floor(width / cell));
  return Array.from({ length: Math.ceil(cells.length / perLine) }, (_, i) =>
    cells
      .slice(i * perLine, (i + 1) * perLine)
      .map((text) => text.padEnd(cell))
      .join('')
      .trimEnd(),
  );
}

function perSecond(bytes: number): string {
  return `${humanBytes(Math.round(bytes))}/s`;
}

const DISK_COLUMNS = [
  cut('DISK'),
  right('READ'),
  right('WRITTEN'),
  right('READS'),
  right('WRITES'),
  right('BUSY'),
];

const NET_COLUMNS = [
  cut('INTERFACE'),
  right('RECEIVED'),
  right('SENT'),
  right('PACKETS IN'),
  right('PACKETS OUT'),
];

/** Precedes lines with an empty line. */
function section(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

/** Renders a table of items sorted by name; none without items. */
function tableSection<T extends { readonly name: string }>(
  columns: readonly Column[],
  items: readonly T[] = [],
  rowOf: (item: T) => readonly string[],
  width: number,
): string[] {
  if (items.length === 0) return [];
  const sorted = items.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return section(table(columns, sorted.map(rowOf), width).split('\n'));
}

/** Renders the lines of the screen, none wider than `width`. */
export function renderScreen(activity: Activity, heading: Heading, width: number): string[] {
  const { load, cpu, cpus = [], memory, disks, net } = activity;
  const loads = load === undefined ? '' : `  load ${load.map((value) => value.toFixed(2)).join(' ')}`;
  const lines = [
    `${printable(heading.name)}${loads}  ${heading.time}`,
    ...(heading.problem === undefined ? [] : [printable(heading.problem)]),
    ...section([
      ...(cpu === undefined ? [] : [cpuLine(cpu)]),
      ...(cpus.length < 2 ? [] : cpuGrid(cpus, width)),
      ...(memory === undefined ? [] : [memoryLine('Mem', memory.total, memory.available)]),
      ...(memory === undefined || memory.swapTotal === 0
        ? []
        : [memoryLine('Swap', memory.swapTotal, memory.swapFree)]),
    ]),
    ...tableSection(
      DISK_COLUMNS,
      disks,
      ({ name, readBytes, writeBytes, reads, writes, busy }) => [
        name,
        perSecond(readBytes),
        perSecond(writeBytes),
        reads.toFixed(0),
        writes.toFixed(0),
        busy === undefined ? UNKNOWN : percent(busy).trim(),
      ],
      width,
    ),
    ...tableSection(
      NET_COLUMNS,
      net,
      ({ name, receivedBytes, sentBytes, receivedPackets, sentPackets }) => [
        name,
        perSecond(receivedBytes),
        perSecond(sentBytes),
        receivedPackets.toFixed(0),
        sentPackets.toFixed(0),
      ],
      width,
    ),
    ...section(Array.from(heading.missing, ([what, why]) => `no ${what}: ${printable(why)}`)),
  ];
  return lines.map((line) => cutTo(line, width));
}
