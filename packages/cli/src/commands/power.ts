import { type Answer, type GuestContext, guestCommand, textAnswer } from '../for-each-guest.js';
import type { GuestFlags } from '../parameters.js';

/** For several guests, the answer is printed with the name of each. */
function namedAnswer({ name, several }: GuestContext, json: object, text: string): Answer {
  return textAnswer(json, several ? text : `${name} ${text}`);
}

/** Descriptions of the modes of `guest-shutdown`. */
const SHUTDOWN_MODES = { powerdown: 'shutting down', reboot: 'rebooting', halt: 'halting' } as const;

function shutdownCommand(mode: keyof typeof SHUTDOWN_MODES) {
  return guestCommand(async (context) => {
    await context.guest.call('guest-shutdown', { mode }, context.options);
    return namedAnswer(context, { mode }, SHUTDOWN_MODES[mode]);
  });
}

/** `guestctl shutdown`: powers the guest off. */
export const shutdown = shutdownCommand('powerdown');
/** `guestctl reboot`: reboots the guest. */
export const reboot = shutdownCommand('reboot');
/** `guestctl halt`: halts the guest without powering it off. */
export const halt = shutdownCommand('halt');

/** `guestctl suspend`: suspends the guest. */
export const suspend = guestCommand(async (context, _: GuestFlags, kind: 'disk' | 'ram' | 'hybrid') => {
  await context.guest.call(`guest-suspend-${kind}`, undefined, context.options);
  return namedAnswer(context, { suspend: kind }, `suspending (${kind})`);
});
