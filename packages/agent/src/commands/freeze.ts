import { freezeCommands } from '@guestwire/protocol';
import { type CommandModule, commandModule } from '../command-module.js';
import type { FreezeController } from '../freeze/controller.js';

/** The freeze commands (qemu-ga §5.10). What they do is `../freeze/`; it has uses beside them. */
export function freezeModule(controller: FreezeController): CommandModule<typeof freezeCommands> {
  return commandModule({
    schema: freezeCommands,
    handlers: {
      'guest-fsfreeze-status': () => controller.status,
      'guest-fsfreeze-freeze': () => controller.freeze(),
      'guest-fsfreeze-freeze-list': ({ mountpoints }) => controller.freeze(mountpoints),
      'guest-fsfreeze-thaw': () => controller.thaw(),
    },
  });
}
