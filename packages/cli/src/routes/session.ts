import { buildCommand } from '@stricli/core';
import { flag, guestFlags } from '../parameters.js';
import { plainCommand, word } from './build.js';

/** Talking to the agent itself. */
export const sessionRoutes = {
  ping: plainCommand(
    async () => (await import('../commands/ping.js')).default,
    'Show that the agent answers',
  ),
  info: plainCommand(
    async () => (await import('../commands/info.js')).default,
    "Show the agent's version and its commands",
  ),
  call: buildCommand({
    loader: async () => (await import('../commands/call.js')).default,
    parameters: {
      flags: guestFlags,
      positional: {
        kind: 'tuple',
        parameters: [
          word('command', 'Name of the command, such as guest-ping'),
          {
            ...word('json', 'Its arguments as a JSON object; - reads them from standard input'),
            optional: true,
          },
        ],
      },
    },
    docs: {
      brief: 'Carry out a command of the agent and print what it returns, as JSON',
      fullDescription: [
        'Carries out a command of the agent, one that guestctl knows or any other, and prints what it returns.',
        'Integers of 64 bits are exact. A command that answers nothing when it succeeds prints {}.',
      ].join('\n'),
    },
  }),
  targets: buildCommand({
    loader: async () => (await import('../commands/targets.js')).default,
    parameters: { flags: { json: flag('Print the names as JSON') } },
    docs: { brief: 'List the names in the file of targets' },
  }),
};
