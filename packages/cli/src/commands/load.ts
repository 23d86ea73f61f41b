import { guestGetLoad } from '@guestwire/protocol/contract';
import { ask } from '../ask.js';
import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import type { GuestFlags } from '../parameters.js';

/** `guestctl load`: how many tasks ran or waited, on average. */
export default async function load(this: CliContext, flags: GuestFlags): Promise<void> {
  await eachGuest(this, flags, async (visit) => {
    const { value, raw } = await ask(visit, guestGetLoad);
    const { load1m, load5m, load15m } = value;
    const text = [load1m, load5m, load15m].map((value) => value.toFixed(2)).join('  ');
    return { json: raw, text: () => `${text}  (1, 5, 15 minutes)` };
  });
}
