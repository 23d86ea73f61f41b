import type { CliContext } from '../context.js';
import { printable } from '../output/escape.js';
import { formatJson } from '../output/json.js';
import { cut, table } from '../output/table.js';
import { readTargets } from '../targets/targets-file.js';

const COLUMNS = ['NAME', cut('TARGET')];

/** `guestctl targets`: lists the names of the targets file, without a connection. */
export default async function targets(this: CliContext, flags: { readonly json: boolean }): Promise<void> {
  const { path, entries } = await readTargets(this.process.env);
  const { stdout } = this.process;
  const terminal = stdout.isTTY === true;
  let text = `${printable(path)} defines no names; example: {"vm1": "unix:/run/vm1.sock", "all": ["vm1"]}`;
  if (flags.json) {
    text = formatJson({ file: path, targets: Object.fromEntries(entries) }, terminal);
  } else if (entries.size > 0) {
    const rows = Array.from(entries, ([name, entry]) => [name, [entry].flat().join(', ')]);
    text = table(COLUMNS, rows, terminal ? stdout.columns : undefined);
  }
  stdout.write(`${text}\n`);
}
