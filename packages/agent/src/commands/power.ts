import { access, constants } from 'node:fs/promises';
import { CommandError } from '@guestwire/protocol';
import { powerCommands } from '@guestwire/protocol/contract';
import { type HelperOptions, type Program, runHelper } from '../exec/helper.js';
import type { GuestSystem } from '../guest/guest-system.js';
import { suspendGuest } from '../guest/power/suspend.js';
import type { Logger } from '../log/logger.js';
import type { CommandModule } from '../rpc/command-module.js';
import { builtInModule } from './built-in-module.js';

/** For each mode the flag of `shutdown`, and the program of its own that a guest without `shutdown` has. */
const MODES = new Map([
  ['powerdown', { flag: '-P', program: '/sbin/poweroff' }],
  ['halt', { flag: '-H', program: '/sbin/halt' }],
  ['reboot', { flag: '-r', program: '/sbin/reboot' }],
]);

const SHUTDOWN = '/sbin/shutdown';

/** What the power commands use. */
export interface PowerOptions extends GuestSystem, HelperOptions {
  readonly log: Logger;
}

/** The commands that switch the guest off or put it to sleep (qemu-ga §5.5, §5.15). */
export function powerModule(options: PowerOptions): CommandModule<typeof powerCommands> {
  const { log, root } = options;
  return builtInModule({
    schema: powerCommands,
    handlers: {
      async 'guest-shutdown'({ mode }) {
        log.syslog(`guest-shutdown called, mode: ${mode ?? '(null)'}`);
        const way = MODES.get(mode ?? 'powerdown');
        if (way === undefined) {
          // The reference forgets the closing parenthesis, and hosts have read it so for years.
          throw new CommandError('mode is invalid (valid values are: halt|powerdown|reboot');
        }
        const { name, args } = await shutdownProgram(way, root);
        await runHelper({ name, args, file: `${root}${name}`, action: 'shutdown' }, options);
      },
      'guest-suspend-disk': () => suspendGuest('disk', options),
      'guest-suspend-ram': () => suspendGuest('ram', options),
      'guest-suspend-hybrid': () => suspendGuest('hybrid', options),
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
