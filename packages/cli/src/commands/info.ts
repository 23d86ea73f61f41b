import { guestInfo } from '@guestwire/protocol';
import { ask } from '../ask.js';
import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import { printable } from '../output/printable.js';
import { table } from '../output/table.js';
import { count, yesOrNo } from '../output/words.js';
import type { GuestFlags } from '../parameters.js';

/** `guestctl info`: the agent's version and its commands, sorted by name. */
export default async function info(this: CliContext, flags: GuestFlags): Promise<void> {
  await eachGuest(this, flags, async (visit) => {
    const { value, raw } = await ask(visit, guestInfo);
    const { version, supported_commands: known } = value;
    const rows = known
      .map((command) => [command.name, yesOrNo(command.enabled), yesOrNo(command['success-response'])])
      .sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
    const columns = [{ title: 'COMMAND' }, { title: 'ENABLED' }, { title: 'ANSWERS ON SUCCESS' }];
    return {
      json: raw,
      text: ({ width }) =>
        `Agent version ${printable(version)}, ${count(rows.length, 'command')}\n\n${table(columns, rows, width)}`,
    };
  });
}
