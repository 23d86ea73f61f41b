import type { CliContext } from '../context.js';
import { UsageError } from '../exit-status.js';
import { type GuestFlags, guestOf, limitsOf } from '../flags.js';
import { formatJson, parseArguments } from '../json.js';

/** `guestctl call COMMAND [JSON]`: carries out one command of the agent, known to us or not. */
export default async function call(
  this: CliContext,
  flags: GuestFlags,
  command: string,
  json?: string,
): Promise<void> {
  if (command === '') throw new UsageError('which command? For instance: guestctl call guest-ping');
  const args = json === undefined ? undefined : parseArguments(json === '-' ? await this.readInput() : json);
  await using guest = await guestOf(this, flags);
  const value = await guest.callRaw(command, args, limitsOf(flags));
  this.process.stdout.write(`${formatJson(value, this.process.stdout.isTTY === true)}\n`);
}
