import { buildCommand } from '@stricli/core';
import { flag, guestFlags, span } from '../parameters.js';
import { choice, plainCommand, word } from './build.js';

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
          word('command', 'Name of the command, such as guest-ping', async () => {
            const { agentCommandCandidates } = await import('../completion/values.js');
            return await agentCommandCandidates();
          }),
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
  wait: buildCommand({
    loader: async () => (await import('../commands/wait.js')).default,
    parameters: {
      flags: { ...guestFlags, interval: span('Time between two looks; half a second if absent') },
      positional: {
        kind: 'tuple',
        parameters: [
          {
            ...word('agent|command|process|address', 'What to wait for; the agent if absent', () => [
              'agent',
              'command',
              'process',
              'address',
            ]),
            optional: true,
          },
          {
            ...word('which', 'Name of the command, number of the process, name of the interface'),
            optional: true,
          },
        ],
      },
    },
    docs: {
      brief: 'Wait until the agent answers, or for something in the guest',
      fullDescription: [
        'Waits until the agent answers (agent); until it has a command that may be carried out (command NAME); until a process',
        'that guest-exec started is over (process NUMBER); until the guest has an address that leads there from outside',
        '(address, address INTERFACE). --timeout is the most that it waits; it waits for ever if absent.',
      ].join('\n'),
    },
  }),
  doctor: plainCommand(
    async () => (await import('../commands/doctor.js')).default,
    'Find out why an agent does not answer, and what to do about it',
  ),
  targets: buildCommand({
    loader: async () => (await import('../commands/targets.js')).default,
    parameters: { flags: { json: flag('Print the names as JSON') } },
    docs: { brief: 'List the names in the file of targets' },
  }),
  completion: buildCommand({
    loader: async () => (await import('../commands/completion.js')).default,
    parameters: {
      positional: {
        kind: 'tuple',
        parameters: [choice(['bash', 'fish', 'zsh'], 'The shell')],
      },
    },
    docs: { brief: 'Print the completion of guestctl for a shell' },
  }),
};
