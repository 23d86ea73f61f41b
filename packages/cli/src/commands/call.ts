import type { CliContext } from '../context.js';
import { UsageError } from '../exit-status.js';
import { forEachGuest } from '../for-each-guest.js';
import { formatJson, parseArguments } from '../output/json.js';
import type { GuestFlags } from '../parameters.js';

/** `guestctl call COMMAND [JSON]`: calls any command of the agent. */
export default async function call(
  this: CliContext,
  flags: GuestFlags,
  command: string,
  json?: string,
): Promise<void> {
  if (command === '') throw new UsageError('missing command, such as guest-ping');
  const args = json === undefined ? undefined : parseArguments(json === '-' ? await this.input.text() : json);
  await forEachGuest(this, flags, async ({ guest, options }) => {
    const value = await guest.callRaw(command, args, options);
    return { json: value, text: ({ human }) => formatJson(value, human) };
  });
}
