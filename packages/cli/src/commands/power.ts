import type { CliContext } from '../context.js';
import { forEachGuest, guestCommand, textAnswer } from '../for-each-guest.js';
import type { GuestFlags } from '../parameters.js';

/** Descriptions of the modes of `guest-shutdown`. */
const SHUTDOWN_MODES = { powerdown: 'shutting down', reboot: 'rebooting', halt: 'halting' } as const;

function shutdownCommand(mode: keyof typeof SHUTDOWN_MODES) {
  return guestCommand(async ({ guest, name, options, several }) => {
    await guest.call('guest-shutdown', { mode }, options);
    const text = SHUTDOWN_MODES[mode];
    return textAnswer({ mode }, several ? text : `${name} ${text}`);
  });
}

/** `guestctl shutdown`: powers the guest off. */
export const shutdown = shutdownCommand('powerdown');
/** `guestctl reboot`: reboots the guest. */
export const reboot = shutdownCommand('reboot');
/** `guestctl halt`: halts the guest without powering it off. */
export const halt = shutdownCommand('halt');

/** `guestctl suspend`: suspends the guest. */
export async function suspend(
  this: CliContext,
  flags: GuestFlags,
  kind: 'disk' | 'ram' | 'hybrid',
): Promise<void> {
  await forEachGuest(this, flags, async ({ guest, name, options, several }) => {
    await guest.call(`guest-suspend-${kind}`, undefined, options);
    const text = `suspending (${kind})`;
    return textAnswer({ suspend: kind }, several ? text : `${name} ${text}`);
  });
}
