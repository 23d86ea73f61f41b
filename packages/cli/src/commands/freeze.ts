import { said } from '../answer.js';
import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import { type HoldFlags, holdFrozen } from '../freeze/hold.js';
import { freezeForGood } from '../freeze/leave.js';
import { type CommandEnd, runCommand } from '../freeze/local-command.js';
import { count } from '../output/words.js';

/** Freezes and leaves it at that. */
async function leave(context: CliContext, flags: HoldFlags): Promise<void> {
  await eachGuest(context, flags, async (visit) => {
    const filesystems = await freezeForGood(visit, flags.mount);
    const remedy = `guestctl thaw --to ${visit.name}`;
    return said(
      { filesystems },
      `${count(filesystems, 'filesystem')} frozen, until somebody thaws them: ${remedy}`,
    );
  });
}

/** `guestctl freeze`: freezes filesystems while a command runs, for some time, or until somebody thaws them. */
export default async function freeze(
  this: CliContext,
  flags: HoldFlags,
  ...words: readonly string[]
): Promise<void> {
  const [command, ...args] = words;
  if (command !== undefined) {
    const run = (): Promise<CommandEnd> =>
      runCommand(command, args, this.interrupts, flags.json ? 'stderr' : 'stdout');
    await holdFrozen(this, flags, run);
  } else if (flags.for !== undefined) {
    await holdFrozen(this, flags, undefined);
  } else {
    await leave(this, flags);
  }
}
