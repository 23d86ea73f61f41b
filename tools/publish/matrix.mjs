// The matrix of packages, runtimes and package managers: what is expected of each cell, and the table that is printed.

/** Combinations that do not work, with the reason. docs/publishing.md repeats them. */
const UNSUPPORTED = [
  {
    package: '@guestwire/posix',
    runtime: 'Deno',
    reason: "Deno's file functions reject descriptors that Deno did not open itself",
  },
];

function reasonOf(row) {
  return UNSUPPORTED.find(({ package: name, runtime }) => name === row.package && runtime === row.runtime)
    ?.reason;
}

/** Returns the cells that differ from what is expected, as text. */
export function unexpectedCells(rows) {
  return rows
    .filter((row) => (row.problem === undefined) === (reasonOf(row) !== undefined))
    .map((row) => {
      const cell = `${row.package} on ${row.runtime}, installed by ${row.manager}`;
      return row.problem === undefined
        ? `${cell}: works, but is listed as unsupported: ${reasonOf(row)}`
        : `${cell}: ${row.problem}`;
    });
}

/** Returns the matrix as a Markdown table. */
export function formatMatrix(rows) {
  const runtimes = [...new Set(rows.map(({ runtime }) => runtime))];
  const managers = [...new Set(rows.map(({ manager }) => manager))];
  const header = ['package', 'manager', ...runtimes];
  const cells = [...new Set(rows.map((row) => row.package))].flatMap((name) =>
    managers.map((manager) => [
      name,
      manager,
      ...runtimes.map((runtime) => {
        const row = rows.find((r) => r.package === name && r.manager === manager && r.runtime === runtime);
        if (row.problem === undefined) return 'ok';
        return reasonOf(row) === undefined ? 'FAILED' : 'no';
      }),
    ]),
  );
  const lines = [header, ...cells];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const format = (line) => `| ${line.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [format(header), format(widths.map((width) => '-'.repeat(width))), ...cells.map(format)].join('\n');
}
