import {
  choice,
  command,
  durationFlag,
  flag,
  guestFlags,
  numberFlag,
  plainCommand,
  text,
  tuple,
} from '../parameters.js';

/** System, network and hardware of the guest. */
export const systemRoutes = {
  os: plainCommand('Show the operating system', () => import('../commands/os.js')),
  net: plainCommand('List network interfaces', () => import('../commands/net.js')),
  routes: plainCommand('List network routes', () => import('../commands/routes.js')),
  users: plainCommand('List logged-in users', () => import('../commands/users.js')),
  load: plainCommand('Show the load averages', () => import('../commands/load.js')),
  top: command(
    'Show the activity of a guest: load, CPUs, memory, disks and network',
    () => import('../commands/top.js'),
    {
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
    'Shows the activity of a guest on a screen that is refreshed; q quits. If standard output is not a terminal, it prints the screens',
    'one after the other, and with --json a line of JSON for each. Rates are averages since the previous refresh.',
  ),
  time: command("Show or set the guest's clock", () => import('../commands/time.js'), {
    flags: {
      ...guestFlags,
      set: text('time', 'Set the clock: 2026-11-27T19:46:58Z, or @SECONDS since 1970'),
      sync: flag('Set the clock to the time of this host'),
      hardware: flag('Set the clock from the hardware clock'),
    },
  }),
  cpus: command('List CPUs, or set some online or offline', () => import('../commands/cpus.js'), {
    flags: {
      ...guestFlags,
      enable: text('ids', 'Set CPUs online: 1,3-5'),
      disable: text('ids', 'Set CPUs offline'),
    },
  }),
  memory: command(
    'List memory blocks, or set some online or offline',
    () => import('../commands/memory.js'),
    {
      flags: {
        ...guestFlags,
        online: text('ids', 'Set memory blocks online: 1,3-5'),
        offline: text('ids', 'Set memory blocks offline'),
      },
    },
  ),
};

/** Shutdown and suspend. */
export const powerRoutes = {
  shutdown: plainCommand('Shut the guest down', async () => (await import('../commands/power.js')).shutdown),
  reboot: plainCommand('Reboot the guest', async () => (await import('../commands/power.js')).reboot),
  halt: plainCommand(
    'Halt the guest without powering it off',
    async () => (await import('../commands/power.js')).halt,
  ),
  suspend: command('Suspend the guest', async () => (await import('../commands/power.js')).suspend, {
    flags: guestFlags,
    positional: tuple(
      choice(['disk', 'ram', 'hybrid'], 'Where the memory is kept: on disk, in RAM, or both'),
    ),
  }),
};
