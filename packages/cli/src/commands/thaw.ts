import { said } from '../answer.js';
import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import { count } from '../output/words.js';
import type { GuestFlags } from '../parameters.js';

/** `guestctl thaw`: thaws what is frozen. */
export default async function thaw(this: CliContext, flags: GuestFlags): Promise<void> {
  await eachGuest(this, flags, async ({ guest, limits }) => {
    const filesystems = await guest.call('guest-fsfreeze-thaw', undefined, limits);
    const text =
      Number(filesystems) === 0 ? 'nothing was frozen' : `${count(filesystems, 'filesystem')} thawed`;
    return said({ filesystems }, text);
  });
}
