import { buildCommand } from '@stricli/core';
import { guestFlags } from '../parameters.js';
import { choice, plainCommand } from './build.js';

/** Going down and to sleep. */
export const powerRoutes = {
  shutdown: plainCommand(async () => (await import('../commands/power.js')).shutdown, 'Shut the guest down'),
  reboot: plainCommand(async () => (await import('../commands/power.js')).reboot, 'Reboot the guest'),
  halt: plainCommand(async () => (await import('../commands/power.js')).halt, 'Halt the guest, powered'),
  suspend: buildCommand({
    loader: async () => (await import('../commands/power.js')).suspend,
    parameters: {
      flags: guestFlags,
      positional: {
        kind: 'tuple',
        parameters: [
          choice(
            ['disk', 'ram', 'hybrid'],
            'Where the guest keeps its memory: on its disk, switched off; powered; or both',
          ),
        ],
      },
    },
    docs: { brief: 'Put the guest to sleep' },
  }),
};
