import { commands } from '@guestwire/protocol/contract';
import type { CommandDescriptor } from '@guestwire/schema';

/** The commands of the contract, by name. */
export type Commands = typeof commands;

const descriptors: ReadonlyMap<string, CommandDescriptor> = new Map(Object.entries(commands));

/** Returns the descriptor of a command; `undefined` if the contract does not have it. */
export function descriptorOf(name: string): CommandDescriptor | undefined {
  return descriptors.get(name);
}

/** Returns true for a command that sends no reply when it succeeds. */
export function isSilent(name: string): boolean {
  return descriptors.get(name)?.successResponse === false;
}

/** Returns all commands of the contract, in schema order. */
export function allDescriptors(): Iterable<CommandDescriptor> {
  return descriptors.values();
}
