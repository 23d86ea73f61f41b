import { CommandError } from '@guestwire/protocol';
import { freezeCommands } from '@guestwire/protocol/contract';
import { type FreezeController, FreezeUnavailableError } from '../freeze/controller.js';
import type { CommandModule } from '../rpc/command-module.js';
import { builtInModule } from './built-in-module.js';

/** Returns the freeze commands (qemu-ga §5.10). */
export function freezeModule(controller: FreezeController): CommandModule<typeof freezeCommands> {
  const freeze = async (mountpoints?: readonly string[]): Promise<number> => {
    try {
      return await controller.freeze(mountpoints);
    } catch (error) {
      const unavailable = error instanceof FreezeUnavailableError;
      throw unavailable ? CommandError.commandDisabled('guest-fsfreeze-freeze') : error;
    }
  };
  return builtInModule({
    schema: freezeCommands,
    handlers: {
      'guest-fsfreeze-status': () => controller.status,
      'guest-fsfreeze-freeze': () => freeze(),
      'guest-fsfreeze-freeze-list': ({ mountpoints }) => freeze(mountpoints),
      'guest-fsfreeze-thaw': () => controller.thaw(),
    },
  });
}
