import { commands, REGISTRATION_ORDER } from '@guestwire/protocol/contract';
import type { CommandDescriptor, CommandTable } from '@guestwire/schema';
import { AgentError } from '../agent-error.js';
import type { CommandContext, CommandTraits } from './command-module.js';

/** A handler of any command. */
export type AnyHandler = (args: never, context: CommandContext) => unknown;

/** A {@link CommandModule} of any schema. */
export interface AnyCommandModule {
  readonly schema: CommandTable;
  readonly handlers: Readonly<Record<string, AnyHandler>>;
  readonly traits?: Readonly<Record<string, CommandTraits | undefined>>;
}

export interface RegisteredCommand {
  readonly descriptor: CommandDescriptor;
  readonly traits: CommandTraits;
  /** Calls the handler; `args` must be valid. */
  run(args: unknown, context: CommandContext): unknown;
}

const NO_TRAITS: CommandTraits = {};

const ranks: ReadonlyMap<string, number> = new Map(REGISTRATION_ORDER.map((name, index) => [name, index]));

/** Compares names: the order of qemu-ga (qemu-ga §5.1), before all others. */
function inRegistrationOrder(a: string, b: string): number {
  return (ranks.get(a) ?? ranks.size) - (ranks.get(b) ?? ranks.size);
}

/** Returns the names of all built-in commands, as `--block-rpcs=help` prints them. */
export function commandNames(): readonly string[] {
  return Object.keys(commands).sort(inRegistrationOrder);
}

export class Registry {
  readonly #commands = new Map<string, RegisteredCommand>();

  /**
   * Adds the commands of a module, all or none.
   * @throws {AgentError} `module` if a name is taken, differs from that in the schema, or has no handler
   */
  register({ schema, handlers, traits }: AnyCommandModule): void {
    const added = Object.entries(schema).map(([name, descriptor]) => {
      const problem = `The schema has the command '${descriptor.name}' under the name '${name}'`;
      if (descriptor.name !== name) throw new AgentError('module', problem);
      if (this.#commands.has(name)) {
        const advice = 'use another name; built-in commands cannot be replaced';
        throw new AgentError('module', `The command '${name}' is registered already`, { advice });
      }
      const handler = handlers[name];
      if (handler === undefined) throw new AgentError('module', `The command '${name}' has no handler`);
      // The dispatcher has checked the arguments against this descriptor.
      const run = (args: unknown, context: CommandContext): unknown => handler(args as never, context);
      return [name, { descriptor, traits: traits?.[name] ?? NO_TRAITS, run }] as const;
    });
    for (const [name, command] of added) this.#commands.set(name, command);
  }

  find(name: string): RegisteredCommand | undefined {
    return this.#commands.get(name);
  }

  /** All commands: those of qemu-ga in its order (qemu-ga §5.1), then others in the order of registration. */
  get commands(): readonly CommandDescriptor[] {
    return Array.from(this.#commands.values(), ({ descriptor }) => descriptor).sort((a, b) =>
      inRegistrationOrder(a.name, b.name),
    );
  }
}
