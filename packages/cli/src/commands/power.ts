import { said } from '../answer.js';
import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import type { GuestFlags } from '../parameters.js';

/** The ways of going down, as the agent calls them, and what is said when one has begun. */
const ways = {
  powerdown: 'shuts down',
  reboot: 'reboots',
  halt: 'halts',
} as const;

/** `guestctl shutdown`, `reboot` and `halt`: the guest begins to go down. */
function goDown(mode: keyof typeof ways) {
  return async function (this: CliContext, flags: GuestFlags): Promise<void> {
    await eachGuest(this, flags, async ({ guest, name, limits, several }) => {
      await guest.call('guest-shutdown', { mode }, limits);
      return said({ mode }, several ? ways[mode] : `${name} ${ways[mode]}`);
    });
  };
}

export const shutdown = goDown('powerdown');
export const reboot = goDown('reboot');
export const halt = goDown('halt');

/** Where a guest keeps its memory while it sleeps. */
const sleeps = ['disk', 'ram', 'hybrid'] as const;

/** `guestctl suspend`: the guest goes to sleep. */
export async function suspend(
  this: CliContext,
  flags: GuestFlags,
  kind: (typeof sleeps)[number],
): Promise<void> {
  await eachGuest(this, flags, async ({ guest, name, limits, several }) => {
    await guest.call(`guest-suspend-${kind}`, undefined, limits);
    const text = `goes to sleep (${kind})`;
    return said({ suspend: kind }, several ? text : `${name} ${text}`);
  });
}
