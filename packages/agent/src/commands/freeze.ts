import { CommandError } from '@guestwire/protocol';
import { freezeCommands } from '@guestwire/protocol/contract';
import { type FreezeController, FreezeUnavailableError } from '../freeze/controller.js';
import type { CommandModule } from '../rpc/command-module.js';
import { builtInModule } from './built-in-module.js';

/** The freeze commands (qemu-ga §5.10). What they do is `../freeze/`; it has uses beside them. */
export function freezeModule(controller: FreezeController): CommandModule<typeof freezeCommands> {
  const freeze = (mountpoints?: readonly string[]): Promise<number> =>
    controller.freeze(mountpoints).catch((error: unknown) => {
      const unavailable = error instanceof FreezeUnavailableError;
      throw unavailable ? CommandError.commandDisabled('guest-fsfreeze-freeze') : error;
    });
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
