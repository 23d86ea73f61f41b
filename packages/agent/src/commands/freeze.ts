import { CommandError } from '@guestwire/protocol';
import { freezeCommands } from '@guestwire/protocol/contract';
import type { FreezeController } from '../freeze/controller.js';
import { FreezeUnavailableError } from '../freeze/errors.js';
import type { CommandModule } from '../rpc/command-module.js';
import { builtInModule } from './built-in-module.js';

const FREEZES = ['guest-fsfreeze-freeze', 'guest-fsfreeze-freeze-list'] as const;

/** Returns the freeze commands (qemu-ga §5.10). */
export function freezeModule(controller: FreezeController): CommandModule<typeof freezeCommands> {
  const freeze = async (signal: AbortSignal, mountpoints?: readonly string[]): Promise<number> => {
    try {
      return await controller.freeze(mountpoints, signal);
    } catch (error) {
      if (!(error instanceof FreezeUnavailableError)) throw error;
      const { desc, class: errorClass } = CommandError.commandDisabled('guest-fsfreeze-freeze');
      throw new CommandError(desc, { class: errorClass, cause: error });
    }
  };
  return builtInModule({
    schema: freezeCommands,
    // The controller bounds a freeze. A thaw may be what a slow request waits for.
    traits: {
      'guest-fsfreeze-status': { independent: true, dependsOn: FREEZES },
      'guest-fsfreeze-freeze': { timeLimit: 'own' },
      'guest-fsfreeze-freeze-list': { timeLimit: 'own' },
      'guest-fsfreeze-thaw': { independent: true, cancels: FREEZES, timeLimit: 'own' },
    },
    handlers: {
      'guest-fsfreeze-status': () => controller.status,
      'guest-fsfreeze-freeze': (_, { signal }) => freeze(signal),
      'guest-fsfreeze-freeze-list': ({ mountpoints }, { signal }) => freeze(signal, mountpoints),
      'guest-fsfreeze-thaw': () => controller.thaw(),
    },
  });
}
