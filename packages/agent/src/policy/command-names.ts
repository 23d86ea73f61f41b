import { commands } from '@guestwire/protocol/contract';
import { AgentError } from '../agent-error.js';
import { closestWord } from './closest-word.js';

/** Commands of QEMU that exist on other systems only (qemu-ga §5.1): shared configuration files contain them. */
const FOREIGN_COMMANDS: readonly string[] = ['guest-get-devices'];

const qemuCommands: ReadonlySet<string> = new Set([...Object.keys(commands), ...FOREIGN_COMMANDS]);

const NONE: ReadonlySet<string> = new Set();

/** Returns whether a release of QEMU has, or `others` contain, a command of that name. */
function isCommandName(name: string, others: ReadonlySet<string> = NONE): boolean {
  return qemuCommands.has(name) || others.has(name);
}

/** Returns what a misspelled command name may stand for, as advice; where names are listed if nothing is close. */
export function commandNameAdvice(name: string, others: ReadonlySet<string> = NONE): string {
  const closest = closestWord(name, [...qemuCommands, ...others]);
  return closest === undefined ? 'guestd --block-rpcs=help lists all names' : `did you mean '${closest}'?`;
}

/** Returns the first name that is no command; undefined if all are. Empty names, as after a last comma, are ignored. */
export function unknownCommandName(
  names: readonly string[],
  others?: ReadonlySet<string>,
): string | undefined {
  return names.find((name) => name !== '' && !isCommandName(name, others));
}

/**
 * Checks the names of a list of commands. qemu-ga ignores a misspelled name, so that a command stays allowed that the
 * operator meant to block.
 *
 * @param where the list in the message: `--block-rpcs`, or `line 3 of FILE`
 * @param others names of commands beside those of QEMU
 * @throws {AgentError} `option` if a name is no command
 */
export function checkCommandNames(
  names: readonly string[],
  where: string,
  others?: ReadonlySet<string>,
): void {
  const unknown = unknownCommandName(names, others);
  if (unknown === undefined) return;
  const advice = commandNameAdvice(unknown, others);
  throw new AgentError('option', `${where}: unknown command '${unknown}'`, { advice });
}
