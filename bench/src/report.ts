import type { Metric, Target } from './metrics.js';
import type { Samples } from './samples.js';
import { median, spread } from './statistics.js';

/** A measured value of a column. */
export interface Value {
  readonly median: number;
  /** The range of the rounds as a fraction of the median. */
  readonly spread: number;
}

/** One line of the report. */
export interface Row {
  readonly metric: Metric;
  /** By column. */
  readonly values: Readonly<Record<string, Value>>;
  /** The first column divided by each other one, by the other one. */
  readonly ratios: Readonly<Record<string, number>>;
  /** Absent without a target or without a value to compare with. */
  readonly met?: boolean;
}

/** One table of the report. */
export interface Section {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** Returns medians and ratios by metric, without metrics that were not measured. Targets compare the first column with the second. */
export function rowsOf(metrics: readonly Metric[], samples: Samples, columns: readonly string[]): Row[] {
  const [first = '', second = ''] = columns;
  return metrics.flatMap((metric) => {
    const values: Record<string, Value> = {};
    for (const column of columns) {
      const taken = samples.of(column, metric.id);
      if (taken.length > 0) values[column] = { median: median(taken), spread: spread(taken) };
    }
    if (Object.keys(values).length === 0) return [];
    const own = values[first]?.median;
    const ratios: Record<string, number> = {};
    for (const [column, value] of Object.entries(values)) {
      if (column !== first && own !== undefined) ratios[column] = own / value.median;
    }
    const compared = metric.target?.kind === 'ratio' ? ratios[second] : own;
    const met =
      metric.target === undefined || compared === undefined ? undefined : holds(metric.target, compared);
    return [{ metric, values, ratios, ...(met !== undefined && { met }) }];
  });
}

function holds({ atLeast, atMost }: Target, value: number): boolean {
  return value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Number.POSITIVE_INFINITY);
}

function number(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US');
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

function targetText({ kind, atLeast, atMost }: Target, unit: string): string {
  const bound = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
  return kind === 'ratio' ? `${bound}×` : `${bound} ${unit}`;
}

function cells({ metric, values, ratios, met }: Row, columns: readonly string[]): string[] {
  const value = (column: string): string => {
    const taken = values[column];
    return taken === undefined ? '' : `${number(taken.median)} ±${Math.round((taken.spread / 2) * 100)}%`;
  };
  return [
    metric.label,
    metric.unit,
    ...columns.map(value),
    ...columns
      .slice(1)
      .map((column) => (ratios[column] === undefined ? '' : `${ratios[column].toFixed(2)}×`)),
    metric.target === undefined ? '' : targetText(metric.target, metric.unit),
    met === undefined ? '' : met ? 'met' : 'NOT MET',
  ];
}

/** Formats a section as a table. */
export function table({ columns, rows }: Section): string {
  const others = columns.slice(1).map((column) => `÷ ${column.replace('qemu-ga ', '')}`);
  const head = ['', 'unit', ...columns, ...others, 'target', ''];
  const lines = [head, ...rows.map((row) => cells(row, columns))];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) => tableLine(line, widths)).join('\n');
}

function tableLine(line: readonly string[], widths: readonly number[]): string {
  return line
    .map((cell, column) => {
      const width = widths[column] ?? 0;
      return column < 2 ? cell.padEnd(width) : cell.padStart(width);
    })
    .join('  ')
    .trimEnd();
}

/** Returns the number of targets that are met, that are not, and that nothing was measured for, in a sentence. */
export function summary(sections: readonly Section[]): string {
  const rows = sections
    .flatMap((section) => section.rows)
    .filter(({ metric }) => metric.target !== undefined);
  const met = rows.filter((row) => row.met).length;
  const missed = rows.filter((row) => row.met === false).length;
  return `${met} targets met, ${missed} not met, ${rows.length - met - missed} without a comparison.`;
}
