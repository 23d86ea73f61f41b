import { textAnswer } from '../answer.js';
import type { CliContext } from '../context.js';
import { forEachGuest } from '../for-each-guest.js';
import type { GuestFlags } from '../parameters.js';

/** `guestctl ping`: checks that the agent replies, and measures the time. */
export default async function ping(this: CliContext, flags: GuestFlags): Promise<void> {
  await forEachGuest(this, flags, async ({ guest, name, options, several }) => {
    const start = performance.now();
    await guest.call('guest-ping', undefined, options);
    const milliseconds = Number((performance.now() - start).toFixed(3));
    const text = `answered in ${milliseconds.toFixed(1)} ms`;
    return textAnswer({ milliseconds }, several ? text : `${name} ${text}`);
  });
}
