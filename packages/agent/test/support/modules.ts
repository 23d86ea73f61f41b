import { builtin, type CommandDescriptor, type Int64 } from '@guestwire/schema';
import { commandModule } from '../../src/rpc/command-module.js';

/** Descriptors such as `qapi generate` writes, of two commands that no agent has. */
export const greetingCommands = {
  'example-greet': {
    kind: 'command',
    name: 'example-greet',
    arguments: {
      kind: 'struct',
      name: 'example-greet',
      members: [
        { name: 'name', type: () => builtin.str },
        { name: 'times', type: () => builtin.int, optional: true },
      ],
    },
    returns: builtin.str,
    successResponse: true,
  } satisfies CommandDescriptor as CommandDescriptor<{ name: string; times?: Int64 }, string>,
  'example-count': {
    kind: 'command',
    name: 'example-count',
    returns: builtin.int,
    successResponse: true,
  } satisfies CommandDescriptor as CommandDescriptor<void, Int64>,
} as const;

/** Greets, and counts its greetings. */
export function greetingModule() {
  let greetings = 0;
  return commandModule({
    schema: greetingCommands,
    handlers: {
      'example-greet': ({ name, times = 1 }) => {
        greetings += 1;
        return `hello ${name}`.repeat(Number(times));
      },
      'example-count': async () => greetings,
    },
  });
}
