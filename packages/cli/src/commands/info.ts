import { guestCommand } from '../for-each-guest.js';
import { printable } from '../output/escape.js';
import { count, yesOrNo } from '../output/format.js';
import { table } from '../output/table.js';

const COLUMNS = ['COMMAND', 'ENABLED', 'ANSWERS ON SUCCESS'];

/** `guestctl info`: shows the agent's version and its commands, sorted by name. */
export default guestCommand(async ({ guest, options }, flags) => {
  // Reads replies of old agents too, which do not match the contract.
  const { version, commands } = await guest.capabilities(options);
  const json = flags.json ? await guest.callRaw('guest-info', undefined, options) : undefined;
  const rows = Array.from(commands, ([name, { enabled, successResponse }]) => [
    name,
    yesOrNo(enabled),
    yesOrNo(successResponse),
  ]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return {
    json,
    text: ({ width }) =>
      `Agent version ${printable(version)}, ${count(rows.length, 'command')}\n\n${table(COLUMNS, rows, width)}`,
  };
});
