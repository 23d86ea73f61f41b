import { guestGetUsers } from '@guestwire/protocol/contract';
import { ask } from '../ask.js';
import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import { table } from '../output/table.js';
import { formatMoment } from '../output/time.js';
import { UNKNOWN } from '../output/words.js';
import type { GuestFlags } from '../parameters.js';

const columns = [{ title: 'USER', cut: true }, { title: 'SINCE' }, { title: 'DOMAIN', cut: true }] as const;

/** `guestctl users`: who is logged in. */
export default async function users(this: CliContext, flags: GuestFlags): Promise<void> {
  await eachGuest(this, flags, async (visit) => {
    const { value: found, raw } = await ask(visit, guestGetUsers);
    const rows = found.map(({ user, domain, 'login-time': since }) => [
      user,
      formatMoment(since * 1000),
      domain ?? UNKNOWN,
    ]);
    return {
      json: raw,
      text: ({ width }) => (rows.length === 0 ? 'nobody is logged in' : table(columns, rows, width)),
    };
  });
}
