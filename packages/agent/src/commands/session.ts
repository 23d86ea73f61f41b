import { sessionCommands } from '@guestwire/protocol/contract';
import type { Logger } from '../log/logger.js';
import type { CommandFilter } from '../rpc/command-filter.js';
import { type CommandModule, commandModule } from '../rpc/command-module.js';
import type { Registry } from '../rpc/registry.js';

/** What the session commands tell of the agent. */
export interface SessionServices {
  readonly registry: Registry;
  readonly isEnabled: CommandFilter;
  /** What `guest-info` reports as the agent's version. */
  readonly version: string;
  readonly log: Logger;
}

/** Finding each other on a byte stream, and asking what the agent can do (qemu-ga §5.3). */
export function sessionModule(services: SessionServices): CommandModule<typeof sessionCommands> {
  const { registry, isEnabled, version, log } = services;
  return commandModule({
    schema: sessionCommands,
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
