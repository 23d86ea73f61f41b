import { buildCommand } from '@stricli/core';
import { flag, guestFlags, span, text, wholeNumber } from '../parameters.js';
import { plainCommand } from './build.js';

/** The guest's system, its network and its hardware. */
export const systemRoutes = {
  os: plainCommand(async () => (await import('../commands/os.js')).default, 'Show what runs in the guest'),
  net: plainCommand(async () => (await import('../commands/net.js')).default, 'List the network interfaces'),
  routes: plainCommand(async () => (await import('../commands/routes.js')).default, 'List the routes'),
  users: plainCommand(async () => (await import('../commands/users.js')).default, 'List who is logged in'),
  load: plainCommand(async () => (await import('../commands/load.js')).default, 'Show the load averages'),
  top: buildCommand({
    loader: async () => (await import('../commands/top.js')).default,
    parameters: {
      flags: {
        ...guestFlags,
        interval: span('Time between two pictures; 2 s if absent'),
        count: {
          kind: 'parsed',
          parse: wholeNumber(0),
          optional: true,
          placeholder: 'number',
          brief: 'How many pictures, 0 for no end; no end on a terminal and 1 elsewhere, if absent',
        },
      },
    },
    docs: {
      brief: 'Show what goes on in a guest: load, processors, memory, disks and network',
      fullDescription: [
        'Shows what goes on in a guest, on a screen that changes: q ends it. Where standard output is no terminal, it prints pictures',
        'one after the other; with --json, a line of JSON for each. Rates are of the time since the picture before.',
      ].join('\n'),
    },
  }),
  time: buildCommand({
    loader: async () => (await import('../commands/time.js')).default,
    parameters: {
      flags: {
        ...guestFlags,
        set: text('time', 'Set the clock: 2026-11-27T19:46:58Z, or @ and the seconds since 1970'),
        sync: flag("Set the clock to this host's"),
        hardware: flag('Set the clock to the hardware clock of the machine'),
      },
    },
    docs: { brief: "Show the guest's clock, or set it" },
  }),
  cpus: buildCommand({
    loader: async () => (await import('../commands/cpus.js')).default,
    parameters: {
      flags: {
        ...guestFlags,
        enable: text('ids', 'Switch processors on: 1,3-5'),
        disable: text('ids', 'Switch processors off'),
      },
    },
    docs: { brief: 'List the processors, or switch some on or off' },
  }),
  memory: buildCommand({
    loader: async () => (await import('../commands/memory.js')).default,
    parameters: {
      flags: {
        ...guestFlags,
        online: text('ids', 'Switch blocks on: 1,3-5'),
        offline: text('ids', 'Switch blocks off'),
      },
    },
    docs: { brief: 'List the blocks of memory, or switch some on or off' },
  }),
};
