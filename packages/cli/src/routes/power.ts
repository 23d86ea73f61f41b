import { buildCommand } from '@stricli/core';
import { choice, guestFlags, plainCommand } from '../parameters.js';

/** Shutdown and suspend. */
export const powerRoutes = {
  shutdown: plainCommand(async () => (await import('../commands/power.js')).shutdown, 'Shut the guest down'),
  reboot: plainCommand(async () => (await import('../commands/power.js')).reboot, 'Reboot the guest'),
  halt: plainCommand(
    async () => (await import('../commands/power.js')).halt,
    'Halt the guest without powering it off',
  ),
  suspend: buildCommand({
    loader: async () => (await import('../commands/power.js')).suspend,
    parameters: {
      flags: guestFlags,
      positional: {
        kind: 'tuple',
        parameters: [choice(['disk', 'ram', 'hybrid'], 'Where the memory is kept: on disk, in RAM, or both')],
      },
    },
    docs: { brief: 'Suspend the guest' },
  }),
};
