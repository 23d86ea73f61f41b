import type { CliContext } from '../context.js';
import { type GuestFlags, guestOf, limitsOf } from '../flags.js';

/** `guestctl ping`: shows that the agent answers, and how fast. */
export default async function ping(this: CliContext, flags: GuestFlags): Promise<void> {
  await using guest = await guestOf(this, flags);
  const start = performance.now();
  await guest.call('guest-ping', undefined, limitsOf(flags));
  const milliseconds = performance.now() - start;
  this.process.stdout.write(`${guest.target} answered in ${milliseconds.toFixed(1)} ms\n`);
}
