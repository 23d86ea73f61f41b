import { commands } from '@guestwire/protocol';
import type { CommandDescriptor } from '@guestwire/qapi/descriptor';

/** The commands of the contract, by name. */
export type Commands = typeof commands;

const descriptors: ReadonlyMap<string, CommandDescriptor> = new Map(Object.entries(commands));

/** The contract of a command; `undefined` if it is none of the contract's. */
export function descriptorOf(name: string): CommandDescriptor | undefined {
  return descriptors.get(name);
}

/** Does this command answer nothing when it succeeds? */
export function isSilent(name: string): boolean {
  return descriptors.get(name)?.successResponse === false;
}

/** All commands of the contract, in schema order. */
export function allDescriptors(): Iterable<CommandDescriptor> {
  return descriptors.values();
}
