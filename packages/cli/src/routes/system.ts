import { buildCommand } from '@stricli/core';
import { durationFlag, flag, guestFlags, numberFlag, plainCommand, text } from '../parameters.js';

/** System, network and hardware of the guest. */
export const systemRoutes = {
  os: plainCommand(async () => (await import('../commands/os.js')).default, 'Show the operating system'),
  net: plainCommand(async () => (await import('../commands/net.js')).default, 'List network interfaces'),
  routes: plainCommand(async () => (await import('../commands/routes.js')).default, 'List network routes'),
  users: plainCommand(async () => (await import('../commands/users.js')).default, 'List logged-in users'),
  load: plainCommand(async () => (await import('../commands/load.js')).default, 'Show the load averages'),
  top: buildCommand({
    loader: async () => (await import('../commands/top.js')).default,
    parameters: {
      flags: {
        ...guestFlags,
        interval: durationFlag('Refresh interval (default: 2s)'),
        count: numberFlag(
          0,
          'number',
          'Number of refreshes, 0 for no limit (default: 0 on a terminal, 1 elsewhere)',
        ),
      },
    },
    docs: {
      brief: 'Show the activity of a guest: load, CPUs, memory, disks and network',
      fullDescription: [
        'Shows the activity of a guest on a screen that is refreshed; q quits. If standard output is not a terminal, it prints the screens',
        'one after the other, and with --json a line of JSON for each. Rates are averages since the previous refresh.',
      ].join('\n'),
    },
  }),
  time: buildCommand({
    loader: async () => (await import('../commands/time.js')).default,
    parameters: {
      flags: {
        ...guestFlags,
        set: text('time', 'Set the clock: 2026-11-27T19:46:58Z, or @SECONDS since 1970'),
        sync: flag('Set the clock to the time of this host'),
        hardware: flag('Set the clock from the hardware clock'),
      },
    },
    docs: { brief: "Show or set the guest's clock" },
  }),
  cpus: buildCommand({
    loader: async () => (await import('../commands/cpus.js')).default,
    parameters: {
      flags: {
        ...guestFlags,
        enable: text('ids', 'Set CPUs online: 1,3-5'),
        disable: text('ids', 'Set CPUs offline'),
      },
    },
    docs: { brief: 'List CPUs, or set some online or offline' },
  }),
  memory: buildCommand({
    loader: async () => (await import('../commands/memory.js')).default,
    parameters: {
      flags: {
        ...guestFlags,
        online: text('ids', 'Set memory blocks online: 1,3-5'),
        offline: text('ids', 'Set memory blocks offline'),
      },
    },
    docs: { brief: 'List memory blocks, or set some online or offline' },
  }),
};
