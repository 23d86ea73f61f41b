import { access, constants } from 'node:fs/promises';
import { CommandError } from '@guestwire/protocol';
import { powerCommands } from '@guestwire/protocol/contract';
import { runHelper } from '../exec/helper.js';
import type { GuestSystem } from '../guest/guest-system.js';
import { suspendGuest } from '../guest/power/suspend.js';
import type { CommandModule } from '../rpc/command-module.js';
import { builtInModule } from './built-in-module.js';

/** For each mode the flag of `shutdown`, and the program of a guest without `shutdown`. */
const MODES = new Map([
  ['powerdown', { flag: '-P', program: '/sbin/poweroff' }],
  ['halt', { flag: '-H', program: '/sbin/halt' }],
  ['reboot', { flag: '-r', program: '/sbin/reboot' }],
]);

const SHUTDOWN = '/sbin/shutdown';

/** Returns the commands that shut down or suspend the guest (qemu-ga §5.5, §5.15). */
export function powerModule(options: GuestSystem): CommandModule<typeof powerCommands> {
  const { log, root } = options;
  return builtInModule({
    schema: powerCommands,
    // Helper programs have their own limit, and a suspended guest is not slow.
    traits: {
      'guest-shutdown': { timeLimit: 'own' },
      'guest-suspend-disk': { timeLimit: 'own' },
      'guest-suspend-ram': { timeLimit: 'own' },
      'guest-suspend-hybrid': { timeLimit: 'own' },
    },
    handlers: {
      async 'guest-shutdown'({ mode }) {
        log.syslog(`guest-shutdown called, mode: ${mode ?? '(null)'}`);
        const known = MODES.get(mode ?? 'powerdown');
        if (known === undefined) {
          // Without a closing parenthesis, as in qemu-ga.
          throw new CommandError('mode is invalid (valid values are: halt|powerdown|reboot');
        }
        const { flag, program } = known;
        // BusyBox has no shutdown; then the mode's own program, as in QEMU 10.2. Without both the error names shutdown.
        const fallback =
          !(await isExecutable(`${root}${SHUTDOWN}`)) && (await isExecutable(`${root}${program}`));
        const name = fallback ? program : SHUTDOWN;
        const args = fallback ? [] : ['-h', flag, '+0', 'hypervisor initiated shutdown'];
        await runHelper({ name, args, file: `${root}${name}`, action: 'shutdown' }, options);
      },
      'guest-suspend-disk': () => suspendGuest('disk', options),
      'guest-suspend-ram': () => suspendGuest('ram', options),
      'guest-suspend-hybrid': () => suspendGuest('hybrid', options),
    },
  });
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
