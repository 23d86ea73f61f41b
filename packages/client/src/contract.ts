import { commands } from '@guestwire/protocol';
import type { CommandDescriptor } from '@guestwire/qapi/descriptor';

/** The commands of the contract, by name. */
export type Commands = typeof commands;

const descriptors: ReadonlyMap<string, CommandDescriptor> = new Map(Object.entries(commands));

/** The contract of a command; `undefined` if it is none of the contract's. */
export const descriptorOf = (name: string): CommandDescriptor | undefined => descriptors.get(name);

/** Does this command answer nothing when it succeeds? */
export const isSilent = (name: string): boolean => descriptors.get(name)?.successResponse === false;

/** All commands of the contract, in schema order. */
export const allDescriptors = (): Iterable<CommandDescriptor> => descriptors.values();
