import type { Metric, Target } from './metrics.js';
import { median, spread } from './statistics.js';

/** The values of all rounds, by agent and metric. */
export type Samples = ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;

/** One line of the report. */
export interface Row {
  readonly metric: Metric;
  /** By agent. */
  readonly values: Readonly<Record<string, { readonly median: number; readonly spread: number }>>;
  /** Ours divided by the C agent's, by C agent. */
  readonly ratios: Readonly<Record<string, number>>;
  /** Absent without a target or without a value to compare with. */
  readonly met?: boolean;
}

function holds(target: Target, value: number | undefined, ratio: number | undefined): boolean | undefined {
  if (target.kind === 'ratio' && value !== undefined && value >= (target.orValue ?? Number.POSITIVE_INFINITY))
    return true;
  const compared = target.kind === 'ratio' ? ratio : value;
  if (compared === undefined) return undefined;
  const { atMost = Number.POSITIVE_INFINITY } = target;
  const atLeast = target.kind === 'ratio' ? (target.atLeast ?? 0) : 0;
  return compared <= atMost && compared >= atLeast;
}

/** Returns medians and ratios by metric. The first agent is ours; targets compare it with the second one. */
export function rowsOf(metrics: readonly Metric[], samples: Samples, [ours = '']: readonly string[]): Row[] {
  return metrics.flatMap((metric) => {
    const values: Record<string, { median: number; spread: number }> = {};
    for (const [agent, byMetric] of samples) {
      const taken = byMetric.get(metric.id);
      if (taken !== undefined) values[agent] = { median: median(taken), spread: spread(taken) };
    }
    const own = values[ours]?.median;
    const ratios: Record<string, number> = {};
    for (const [agent, value] of Object.entries(values)) {
      if (agent !== ours && own !== undefined) ratios[agent] = own / value.median;
    }
    if (Object.keys(values).length === 0) return [];
    const met = metric.target && holds(metric.target, own, Object.values(ratios)[0]);
    return [{ metric, values, ratios, ...(met === undefined ? {} : { met }) }];
  });
}

function number(value: number): string {
  return value >= 1000
    ? Math.round(value).toLocaleString('en-US')
    : value >= 100
      ? value.toFixed(0)
      : value.toFixed(1);
}

function targetText(target: Target, unit: string): string {
  if (target.kind === 'value') return `≤ ${target.atMost} ${unit}`;
  const or = target.orValue === undefined ? '' : ` or ${target.orValue} ${unit}`;
  return target.atLeast === undefined ? `≤ ${target.atMost}×` : `≥ ${target.atLeast}×${or}`;
}

function cells(row: Row, agents: readonly string[]): string[] {
  const { metric, values, ratios, met } = row;
  const value = (agent: string): string => {
    const taken = values[agent];
    return taken === undefined ? '' : `${number(taken.median)} ±${Math.round((taken.spread / 2) * 100)}%`;
  };
  const others = agents.slice(1);
  return [
    metric.label,
    metric.unit,
    ...agents.map(value),
    ...others.map((agent) => (ratios[agent] === undefined ? '' : `${ratios[agent].toFixed(2)}×`)),
    metric.target === undefined ? '' : targetText(metric.target, metric.unit),
    met === undefined ? '' : met ? 'met' : 'NOT MET',
  ];
}

/** Formats the report as a table. */
export function table(rows: readonly Row[], agents: readonly string[]): string {
  const others = agents.slice(1);
  const head = [
    '',
    'unit',
    ...agents,
    ...others.map((agent) => `÷ ${agent.replace('qemu-ga ', '')}`),
    'target',
    '',
  ];
  const lines = [head, ...rows.map((row) => cells(row, agents))];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
