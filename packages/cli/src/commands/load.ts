import { guestGetLoad } from '@guestwire/protocol/contract';
import { textAnswer } from '../answer.js';
import { callChecked } from '../calls.js';
import type { CliContext } from '../context.js';
import { forEachGuest } from '../for-each-guest.js';
import type { GuestFlags } from '../parameters.js';

/** `guestctl load`: shows the load averages. */
export default async function load(this: CliContext, flags: GuestFlags): Promise<void> {
  await forEachGuest(this, flags, async (guestContext) => {
    const { value, raw } = await callChecked(guestContext, guestGetLoad);
    const averages = [value.load1m, value.load5m, value.load15m].map((load) => load.toFixed(2));
    return textAnswer(raw, `${averages.join('  ')}  (1, 5, 15 minutes)`);
  });
}
