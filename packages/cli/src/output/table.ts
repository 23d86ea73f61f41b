import { printable } from './escape.js';
import { cutTo, displayWidth, padTo } from './text.js';

/** A column with its layout. */
interface LaidOutColumn {
  readonly title: string;
  /** Aligned right, for numbers. */
  readonly right?: true;
  /** May be cut if the table is too wide. Numbers may not, since a cut number is another number. */
  readonly cut?: true;
}

/** A column of a table, or only its title. */
export type Column = string | LaidOutColumn;

/** Returns a column of numbers. */
export function right(title: string): Column {
  return { title, right: true };
}

/** Returns a column that may be cut. */
export function cut(title: string): Column {
  return { title, cut: true };
}

const GAP = '  ';
/** Cells are not padded further than this, so that one long cell does not multiply the size of a table. */
const MAX_PADDED_WIDTH = 1024;
const MIN_CUT_WIDTH = 8;

/** Returns the largest width of texts; a guest may send more of them than a call takes arguments. */
function widest(texts: readonly string[]): number {
  return texts.reduce((width, text) => Math.max(width, displayWidth(text)), 0);
}

/** Returns the column widths with which the table fits, the widest columns cut first. */
function fit(columns: readonly LaidOutColumn[], widths: readonly number[], room: number): number[] {
  const fitted = widths.map((width, i) => (columns[i]?.cut === true ? Math.min(width, room) : width));
  const total = (): number => fitted.reduce((sum, width) => sum + width, GAP.length * (fitted.length - 1));
  while (total() > room) {
    const cuttable = fitted.map((width, i) =>
      columns[i]?.cut === true && width > MIN_CUT_WIDTH ? width : 0,
    );
    const largest = Math.max(...cuttable);
    if (largest === 0) break;
    fitted[cuttable.indexOf(largest)] = largest - 1;
  }
  return fitted;
}

/**
 * Formats a table with a line of titles. Cells are made {@link printable}.
 *
 * @param width columns of the terminal, to which the columns are cut that may be
 */
export function table(
  given: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string {
  const columns = given.map((column) => (typeof column === 'string' ? { title: column } : column));
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => row.map(printable))];
  const widths = columns.map((_, i) => widest(lines.map((line) => line[i] ?? '')));
  const fitted = fit(columns, widths, width);
  return lines
    .map((line) =>
      columns
        .map(({ right: isNumber }, i) => {
          const room = fitted[i] ?? 0;
          const padded = Math.min(room, MAX_PADDED_WIDTH);
          return padTo(cutTo(line[i] ?? '', room), padded, isNumber === true ? 'start' : 'end');
        })
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

/** Formats lines of a name and a value, the values aligned; entries without a value are left out. */
export function fields(entries: readonly (readonly [name: string, value: string | undefined])[]): string {
  const known = entries.filter((entry): entry is readonly [string, string] => entry[1] !== undefined);
  const width = widest(known.map(([name]) => name));
  return known.map(([name, value]) => `${padTo(name, width)}  ${printable(value)}`.trimEnd()).join('\n');
}
