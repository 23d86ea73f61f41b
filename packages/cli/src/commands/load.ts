import { guestGetLoad } from '@guestwire/protocol/contract';
import { callChecked } from '../calls.js';
import { guestCommand, textAnswer } from '../for-each-guest.js';

/** `guestctl load`: shows the load averages. */
export default guestCommand(async (guestContext) => {
  const { value, raw } = await callChecked(guestContext, guestGetLoad);
  const averages = [value.load1m, value.load5m, value.load15m].map((load) => load.toFixed(2));
  return textAnswer(raw, `${averages.join('  ')}  (1, 5, 15 minutes)`);
});
