import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import { printable } from '../output/printable.js';
import { table } from '../output/table.js';
import { count, yesOrNo } from '../output/words.js';
import type { GuestFlags } from '../parameters.js';

/** `guestctl info`: the agent's version and its commands, sorted by name. */
export default async function info(this: CliContext, flags: GuestFlags): Promise<void> {
  await eachGuest(this, flags, async ({ guest, limits }) => {
    // Old agents tell less than the contract has.
    const { version, commands } = await guest.capabilities(limits);
    const json = flags.json ? await guest.callRaw('guest-info', undefined, limits) : undefined;
    const rows = Array.from(commands, ([name, { enabled, successResponse }]) => [
      name,
      yesOrNo(enabled),
      yesOrNo(successResponse),
    ]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
    const columns = [{ title: 'COMMAND' }, { title: 'ENABLED' }, { title: 'ANSWERS ON SUCCESS' }];
    return {
      json,
      text: ({ width }) =>
        `Agent version ${printable(version)}, ${count(rows.length, 'command')}\n\n${table(columns, rows, width)}`,
    };
  });
}
