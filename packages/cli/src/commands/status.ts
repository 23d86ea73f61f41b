import { said } from '../answer.js';
import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import type { GuestFlags } from '../parameters.js';

/** `guestctl status`: whether the agent holds filesystems frozen. */
export default async function status(this: CliContext, flags: GuestFlags): Promise<void> {
  await eachGuest(this, flags, async ({ guest, limits }) => {
    const state = await guest.call('guest-fsfreeze-status', undefined, limits);
    return said({ status: state }, state);
  });
}
