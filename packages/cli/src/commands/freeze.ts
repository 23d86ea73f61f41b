import { GuestError, isGuestError } from '@guestwire/client/errors';
import type { CliContext } from '../context.js';
import { exitStatus, exitStatusOf } from '../exit-status.js';
import { forEachGuest, type GuestContext, textAnswer } from '../for-each-guest.js';
import { type FreezeFlags, freezeDuring } from '../freeze/freeze-during.js';
import { type CommandEnd, runCommand } from '../freeze/local-command.js';
import { count } from '../output/format.js';

const THAW_TIMEOUT_MS = 20_000;

/** Thaws after a freeze that was interrupted or had no reply. */
async function undoFreeze({ guest }: GuestContext, cause: unknown): Promise<never> {
  try {
    await guest.call('guest-fsfreeze-thaw', undefined, { timeout: THAW_TIMEOUT_MS });
  } catch (failure) {
    if (!isGuestError(cause) || !isGuestError(failure)) throw cause;
    throw new GuestError(
      cause.code,
      `${cause.message}; the guest may be frozen, run guestctl thaw (${failure.message})`,
      { command: cause.command, cause },
    );
  }
  throw cause;
}

/** Freezes until a thaw. After an error the filesystems are not frozen, or the message says that they may be. */
async function freezeUntilThaw(
  guestContext: GuestContext,
  mountPoints: readonly string[] | undefined,
): Promise<number | bigint> {
  const { guest, options, context } = guestContext;
  using _ = context.interrupts.shield();
  try {
    const filesystems =
      mountPoints === undefined
        ? await guest.call('guest-fsfreeze-freeze', undefined, options)
        : await guest.call('guest-fsfreeze-freeze-list', { mountpoints: mountPoints }, options);
    options.signal?.throwIfAborted();
    return filesystems;
  } catch (error) {
    // The agent has replied with an error, so nothing is frozen.
    if (exitStatusOf(error) === exitStatus.failed) throw error;
    return await undoFreeze(guestContext, error);
  }
}

/** `guestctl freeze`: freezes filesystems while a command runs, for a time, or until a thaw. */
export default async function freeze(
  this: CliContext,
  flags: FreezeFlags,
  ...words: readonly string[]
): Promise<void> {
  const [command, ...args] = words;
  if (command !== undefined) {
    const run = (): Promise<CommandEnd> =>
      runCommand(command, args, this.interrupts, flags.json ? 'stderr' : 'stdout');
    await freezeDuring(this, flags, run);
  } else if (flags.for !== undefined) {
    await freezeDuring(this, flags, undefined);
  } else {
    await forEachGuest(this, flags, async (guestContext) => {
      const filesystems = await freezeUntilThaw(guestContext, flags.mount);
      const text = `${count(filesystems, 'filesystem')} frozen; to thaw: guestctl thaw --to ${guestContext.name}`;
      return textAnswer({ filesystems }, text);
    });
  }
}
