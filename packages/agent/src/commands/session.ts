import { sessionCommands } from '@guestwire/protocol/contract';
import type { Logger } from '../log/logger.js';
import type { CommandFilter } from '../rpc/command-filter.js';
import { type CommandModule, commandModule } from '../rpc/command-module.js';
import type { Registry } from '../rpc/registry.js';

export interface SessionOptions {
  readonly registry: Registry;
  readonly isEnabled: CommandFilter;
  readonly version: string;
  readonly log: Logger;
}

/** Returns the commands that synchronize and describe the agent (qemu-ga §5.3). */
export function sessionModule(options: SessionOptions): CommandModule<typeof sessionCommands> {
  const { registry, isEnabled, version, log } = options;
  return commandModule({
    schema: sessionCommands,
    traits: {
      'guest-sync-delimited': { independent: true, synchronizes: true },
      'guest-sync': { independent: true, synchronizes: true },
      'guest-ping': { independent: true },
      'guest-info': { independent: true },
    },
    handlers: {
      'guest-sync-delimited': ({ id }, context) => {
        context.delimitReply();
        return id;
      },
      'guest-sync': ({ id }) => id,
      'guest-ping': () => log.syslog('guest-ping called'),
      'guest-info': () => ({
        version,
        supported_commands: registry.commands.toReversed().map(({ name, successResponse }) => ({
          name,
          enabled: isEnabled(name),
          'success-response': successResponse,
        })),
      }),
    },
  });
}
