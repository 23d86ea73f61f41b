import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import { UsageError } from '../exit-status.js';
import { formatJson, parseArguments } from '../output/json.js';
import type { GuestFlags } from '../parameters.js';

/** `guestctl call COMMAND [JSON]`: carries out one command of the agent, known to us or not. */
export default async function call(
  this: CliContext,
  flags: GuestFlags,
  command: string,
  json?: string,
): Promise<void> {
  if (command === '') throw new UsageError('which command? For instance: guestctl call guest-ping');
  const args = json === undefined ? undefined : parseArguments(json === '-' ? await this.input.text() : json);
  await eachGuest(this, flags, async ({ guest, limits }) => {
    const value = await guest.callRaw(command, args, limits);
    return { json: value, text: ({ human }) => formatJson(value, human) };
  });
}
