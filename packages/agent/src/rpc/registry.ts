import { commands, REGISTRATION_ORDER } from '@guestwire/protocol/contract';
import type { CommandDescriptor, CommandTable } from '@guestwire/schema';
import { AgentError } from '../agent-error.js';
import type { CommandContext, CommandModule } from './command-module.js';

/** A command module whose schema is no longer known to the compiler; every {@link CommandModule} is one. */
export interface AnyCommandModule {
  readonly schema: CommandTable;
  readonly handlers: Readonly<Record<string, ErasedHandler>>;
}

type ErasedHandler = (args: never, context: CommandContext) => unknown;

/** A command and what answers it. */
export interface RegisteredCommand {
  readonly descriptor: CommandDescriptor;
  /** Calls the handler; `args` must have passed the check against the descriptor. */
  run(args: unknown, context: CommandContext): unknown;
}

const ranks: ReadonlyMap<string, number> = new Map(REGISTRATION_ORDER.map((name, index) => [name, index]));

/** Compares names: commands of QEMU's agent in its order (qemu-ga §5.1), before all others. */
function inRegistrationOrder(a: string, b: string): number {
  return rank(a) - rank(b);
}

function rank(name: string): number {
  return ranks.get(name) ?? REGISTRATION_ORDER.length;
}

/** The names of all built-in commands, as `--block-rpcs=help` prints them. */
export function commandNames(): readonly string[] {
  return Object.keys(commands).sort(inRegistrationOrder);
}

/** The commands of an agent. */
export class Registry {
  readonly #commands = new Map<string, RegisteredCommand>();

  /**
   * Adds the commands of a module, all or none.
   *
   * @throws {AgentError} `module` if a name is taken, or stands for another command than the schema says
   */
  register<S extends CommandTable>(module: CommandModule<S>): void;
  register(module: AnyCommandModule): void;
  register({ schema, handlers }: AnyCommandModule): void {
    const added = Object.entries(schema).map(([name, descriptor]) => {
      if (descriptor.name !== name) {
        throw new AgentError(
          'module',
          `The schema has the command '${descriptor.name}' under the name '${name}'`,
        );
      }
      if (this.#commands.has(name)) {
        throw new AgentError('module', `The command '${name}' is registered already`, {
          advice: 'give yours another name; built-in commands cannot be replaced',
        });
      }
      const handler = handlers[name];
      if (handler === undefined) {
        throw new AgentError('module', `The command '${name}' has no handler`);
      }
      // The session has checked the arguments against this very descriptor.
      const run = (args: unknown, context: CommandContext): unknown => handler(args as never, context);
      return [name, { descriptor, run }] as const;
    });
    for (const [name, command] of added) this.#commands.set(name, command);
  }

  find(name: string): RegisteredCommand | undefined {
    return this.#commands.get(name);
  }

  /** All commands: those of QEMU's agent in its order (qemu-ga §5.1), then others in the order of registration. */
  get commands(): readonly CommandDescriptor[] {
    return Array.from(this.#commands.values(), ({ descriptor }) => descriptor).sort((a, b) =>
      inRegistrationOrder(a.name, b.name),
    );
  }
}
