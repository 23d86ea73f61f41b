import type { CliContext } from '../context.js';
import { formatJson } from '../output/json.js';
import { printable } from '../output/printable.js';
import { table } from '../output/table.js';
import { readTargets } from '../targets/targets-file.js';

const columns = [{ title: 'NAME' }, { title: 'LEADS TO', cut: true }] as const;

/** `guestctl targets`: the names in the file of targets. It asks no guest. */
export default async function targets(this: CliContext, flags: { readonly json: boolean }): Promise<void> {
  const { path, entries } = await readTargets(this.process.env);
  const { stdout } = this.process;
  if (flags.json) {
    stdout.write(
      `${formatJson({ file: path, targets: Object.fromEntries(entries) }, stdout.isTTY === true)}\n`,
    );
  } else if (entries.size === 0) {
    stdout.write(
      `${printable(path)} has no names yet. Write for instance {"vm1": "unix:/run/vm1.sock", "all": ["vm1"]}\n`,
    );
  } else {
    const rows = Array.from(entries, ([name, entry]) => [
      name,
      typeof entry === 'string' ? entry : entry.join(', '),
    ]);
    stdout.write(`${table(columns, rows, stdout.isTTY === true ? stdout.columns : undefined)}\n`);
  }
}
