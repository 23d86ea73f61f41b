import type { CliContext } from '../context.js';
import { type GuestFlags, guestOf, limitsOf } from '../flags.js';
import { formatJson } from '../json.js';
import { printable } from '../printable.js';

/** Flags of `guestctl info`. */
interface InfoFlags extends GuestFlags {
  readonly json: boolean;
}

const yesOrNo = (value: boolean): string => (value ? 'yes' : 'no');

/** Columns as wide as their widest cell. */
const columns = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
};

/** `guestctl info`: the agent's version and its commands, sorted by name. */
export default async function info(this: CliContext, flags: InfoFlags): Promise<void> {
  const { stdout } = this.process;
  await using guest = await guestOf(this, flags);
  if (flags.json) {
    const value = await guest.callRaw('guest-info', undefined, limitsOf(flags));
    stdout.write(`${formatJson(value, stdout.isTTY === true)}\n`);
    return;
  }
  const { version, supported_commands: known } = await guest.call('guest-info', undefined, limitsOf(flags));
  const rows = known
    .map((command) => [
      printable(command.name),
      yesOrNo(command.enabled),
      yesOrNo(command['success-response']),
    ])
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  stdout.write(`Agent version ${printable(version)}, ${rows.length} commands\n\n`);
  stdout.write(`${columns([['COMMAND', 'ENABLED', 'ANSWERS ON SUCCESS'], ...rows])}\n`);
}
