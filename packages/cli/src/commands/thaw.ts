import { textAnswer } from '../answer.js';
import type { CliContext } from '../context.js';
import { forEachGuest } from '../for-each-guest.js';
import { count } from '../output/format.js';
import type { GuestFlags } from '../parameters.js';

/** `guestctl status`: shows whether filesystems are frozen. */
export async function status(this: CliContext, flags: GuestFlags): Promise<void> {
  await forEachGuest(this, flags, async ({ guest, options }) => {
    const state = await guest.call('guest-fsfreeze-status', undefined, options);
    return textAnswer({ status: state }, state);
  });
}

/** `guestctl thaw`: thaws filesystems. */
export default async function thaw(this: CliContext, flags: GuestFlags): Promise<void> {
  await forEachGuest(this, flags, async ({ guest, options }) => {
    const filesystems = await guest.call('guest-fsfreeze-thaw', undefined, options);
    const thawed = `${count(filesystems, 'filesystem')} thawed`;
    return textAnswer({ filesystems }, Number(filesystems) === 0 ? 'nothing was frozen' : thawed);
  });
}
