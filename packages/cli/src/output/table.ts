import { printable } from './printable.js';
import { cutTo, displayWidth, padTo } from './width.js';

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Numbers stand right, so that their digits stand under one another. */
  readonly right?: true;
  /** What may be cut where the table is too wide for its terminal; numbers may not, since a cut one is another one. */
  readonly cut?: true;
}

const GAP = '  ';
/** No column is cut to less. */
const LEAST = 8;

/** The widths at which the table fits, the widest columns cut first. */
function fit(columns: readonly Column[], widths: readonly number[], room: number): number[] {
  const fitted = [...widths];
  const total = (): number => fitted.reduce((sum, width) => sum + width, GAP.length * (fitted.length - 1));
  while (total() > room) {
    const cuttable = fitted.map((width, i) => (columns[i]?.cut === true && width > LEAST ? width : 0));
    const widest = Math.max(...cuttable);
    if (widest === 0) break;
    fitted[cuttable.indexOf(widest)] = widest - 1;
  }
  return fitted;
}

/**
 * A table with a line of titles, its columns as wide as their widest cells. Cells may be text of a guest: they are
 * made {@link printable} here.
 *
 * @param width columns of the terminal, into which the table is made to fit as far as its columns may be cut
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => row.map(printable))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => displayWidth(line[i] ?? ''))));
  const fitted = fit(columns, widths, width);
  return lines
    .map((line) =>
      columns
        .map(({ right }, i) => {
          const room = fitted[i] ?? 0;
          return padTo(cutTo(line[i] ?? '', room), room, right === true ? 'start' : 'end');
        })
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

/** Lines of a name and its value, the values under one another; those without a value are left out. */
export function fields(entries: readonly (readonly [name: string, value: string | undefined])[]): string {
  const known = entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined);
  const width = Math.max(0, ...known.map(([name]) => displayWidth(name)));
  return known.map(([name, value]) => `${padTo(name, width)}  ${printable(value)}`.trimEnd()).join('\n');
}
