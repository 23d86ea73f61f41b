import { choice, command, durationFlag, flag, guestFlags, plainCommand, tuple, word } from '../parameters.js';

const CONDITIONS = ['agent', 'command', 'process', 'address'];

/** The agent itself, and guestctl. */
export const sessionRoutes = {
  ping: plainCommand(
    'Check that the agent replies, and measure the time',
    () => import('../commands/ping.js'),
  ),
  info: plainCommand("Show the agent's version and commands", () => import('../commands/info.js')),
  call: command(
    'Call a command of the agent and print its return value as JSON',
    () => import('../commands/call.js'),
    {
      flags: guestFlags,
      positional: tuple(
        word('command', 'Name of the command, such as guest-ping', async () => {
          const { agentCommandCandidates } = await import('../completion/values.js');
          return await agentCommandCandidates();
        }),
        { ...word('json', 'Arguments as a JSON object; - reads standard input'), optional: true },
      ),
    },
    'Calls any command of the agent and prints its return value. 64-bit integers are exact.',
    'A command that does not reply on success prints {}.',
  ),
  wait: command(
    'Wait for the agent, or for a condition in the guest',
    () => import('../commands/wait.js'),
    {
      flags: { ...guestFlags, interval: durationFlag('Poll interval (default: 500ms)') },
      positional: tuple(
        { ...word(CONDITIONS.join('|'), 'Condition (default: agent)', () => CONDITIONS), optional: true },
        { ...word('which', 'Command name, process ID, or interface name'), optional: true },
      ),
    },
    'Waits until the agent replies (agent), until it has and allows a command (command NAME), until a process started by guest-exec',
    'has ended (process PID), or until the guest has an address that other hosts can reach (address [INTERFACE]).',
    '--timeout limits the time to wait (default: no limit).',
  ),
  doctor: plainCommand('Diagnose why an agent does not reply', () => import('../commands/doctor.js')),
  targets: command('List the names of the targets file', () => import('../commands/targets.js'), {
    flags: { json: flag('Print JSON') },
  }),
  completion: command('Print the completion script for a shell', () => import('../commands/completion.js'), {
    positional: tuple(choice(['bash', 'fish', 'zsh'], 'Shell')),
  }),
};
