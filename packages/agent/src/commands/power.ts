import { access, constants } from 'node:fs/promises';
import { CommandError, powerCommands } from '@guestwire/protocol';
import { type CommandModule, commandModule } from '../command-module.js';
import { type Program, runHelper } from '../linux/process.js';
import { suspendGuest } from '../linux/suspend.js';
import type { Services } from '../services.js';

/** For each mode the flag of `shutdown`, and the program of its own that a guest without `shutdown` has. */
const MODES = new Map([
  ['powerdown', { flag: '-P', program: '/sbin/poweroff' }],
  ['halt', { flag: '-H', program: '/sbin/halt' }],
  ['reboot', { flag: '-r', program: '/sbin/reboot' }],
]);

const SHUTDOWN = '/sbin/shutdown';

/** The commands that switch the guest off or put it to sleep (qemu-ga §5.5, §5.15). */
export function powerModule(services: Services): CommandModule<typeof powerCommands> {
  const { log, system } = services;
  return commandModule({
    schema: powerCommands,
    handlers: {
      async 'guest-shutdown'({ mode }) {
        log.syslog(`guest-shutdown called, mode: ${mode ?? '(null)'}`);
        const way = MODES.get(mode ?? 'powerdown');
        if (way === undefined) {
          // The reference forgets the closing parenthesis, and hosts have read it so for years.
          throw new CommandError('mode is invalid (valid values are: halt|powerdown|reboot');
        }
        const { name, args } = await shutdownProgram(way, system.root);
        await runHelper({ name, args, file: `${system.root}${name}`, action: 'shutdown' }, services);
      },
      'guest-suspend-disk': () => suspendGuest('disk', services),
      'guest-suspend-ram': () => suspendGuest('ram', services),
      'guest-suspend-hybrid': () => suspendGuest('hybrid', services),
    },
  });
}

/**
 * `/sbin/shutdown` as up to QEMU 10.1. Where there is none (BusyBox) it is the mode's own program, as since 10.2;
 * where there is neither, the error names `/sbin/shutdown`.
 */
async function shutdownProgram(
  { flag, program }: { flag: string; program: string },
  root: string,
): Promise<Pick<Program, 'name' | 'args'>> {
  const shutdown = { name: SHUTDOWN, args: ['-h', flag, '+0', 'hypervisor initiated shutdown'] };
  if (!(await isExecutable(`${root}${SHUTDOWN}`)) && (await isExecutable(`${root}${program}`))) {
    return { name: program, args: [] };
  }
  return shutdown;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
