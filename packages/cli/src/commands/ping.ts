import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import type { GuestFlags } from '../parameters.js';

/** `guestctl ping`: shows that the agent answers, and how fast. */
export default async function ping(this: CliContext, flags: GuestFlags): Promise<void> {
  await eachGuest(this, flags, async ({ guest, name, limits, several }) => {
    const { systemClock } = await import('@guestwire/client');
    const start = systemClock.now();
    await guest.call('guest-ping', undefined, limits);
    const milliseconds = Number((systemClock.now() - start).toFixed(3));
    const text = `answered in ${milliseconds.toFixed(1)} ms`;
    return { json: { milliseconds }, text: () => (several ? text : `${name} ${text}`) };
  });
}
