import { buildCommand } from '@stricli/core';
import { choice, durationFlag, flag, guestFlags, plainCommand, word } from '../parameters.js';

/** The agent itself, and guestctl. */
export const sessionRoutes = {
  ping: plainCommand(
    async () => (await import('../commands/ping.js')).default,
    'Check that the agent replies, and measure the time',
  ),
  info: plainCommand(
    async () => (await import('../commands/info.js')).default,
    "Show the agent's version and commands",
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
          { ...word('json', 'Arguments as a JSON object; - reads standard input'), optional: true },
        ],
      },
    },
    docs: {
      brief: 'Call a command of the agent and print its return value as JSON',
      fullDescription: [
        'Calls any command of the agent and prints its return value. 64-bit integers are exact.',
        'A command that does not reply on success prints {}.',
      ].join('\n'),
    },
  }),
  wait: buildCommand({
    loader: async () => (await import('../commands/wait.js')).default,
    parameters: {
      flags: { ...guestFlags, interval: durationFlag('Poll interval (default: 500ms)') },
      positional: {
        kind: 'tuple',
        parameters: [
          {
            ...word('agent|command|process|address', 'Condition (default: agent)', () => [
              'agent',
              'command',
              'process',
              'address',
            ]),
            optional: true,
          },
          { ...word('which', 'Command name, process ID, or interface name'), optional: true },
        ],
      },
    },
    docs: {
      brief: 'Wait for the agent, or for a condition in the guest',
      fullDescription: [
        'Waits until the agent replies (agent), until it has and allows a command (command NAME), until a process started by guest-exec',
        'has ended (process PID), or until the guest has an address that other hosts can reach (address [INTERFACE]).',
        '--timeout limits the time to wait (default: no limit).',
      ].join('\n'),
    },
  }),
  doctor: plainCommand(
    async () => (await import('../commands/doctor.js')).default,
    'Diagnose why an agent does not reply',
  ),
  targets: buildCommand({
    loader: async () => (await import('../commands/targets.js')).default,
    parameters: { flags: { json: flag('Print JSON') } },
    docs: { brief: 'List the names of the targets file' },
  }),
  completion: buildCommand({
    loader: async () => (await import('../commands/completion.js')).default,
    parameters: {
      positional: { kind: 'tuple', parameters: [choice(['bash', 'fish', 'zsh'], 'Shell')] },
    },
    docs: { brief: 'Print the completion script for a shell' },
  }),
};
