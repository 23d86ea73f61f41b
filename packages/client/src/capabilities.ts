import { isText, WireObject, type WireValue } from '@guestwire/protocol';
import { allDescriptors, descriptorOf } from './contract.js';
import { GuestError } from './guest-error.js';

/** What an agent says of one of its commands. */
export interface CommandCapability {
  /** False if its operator forbids the command, or its frozen state does. */
  readonly enabled: boolean;
  /** False if the command answers nothing when it succeeds; `undefined` if the agent is too old to tell (before 1.7). */
  readonly successResponse: boolean | undefined;
}

/** What an agent says of itself. It is the guest's word: do not trust it. */
export interface Capabilities {
  /** The agent's version, in its own words. */
  readonly version: string;
  /** Its commands, by name, disabled ones included. */
  readonly commands: ReadonlyMap<string, CommandCapability>;
  /** Does the agent have this command, and allow it? */
  has(command: string): boolean;
}

/**
 * Reads what `guest-info` returned. Agents before 1.1 list no commands; those of the contract that are as old as
 * their version are taken for theirs.
 *
 * @throws {GuestError} `protocol`
 */
export function readCapabilities(returned: WireValue): Capabilities {
  const version = returned instanceof WireObject ? returned.get('version') : undefined;
  if (!(returned instanceof WireObject) || !isText(version)) throw notAgreed('a version');
  const list = returned.get('supported_commands');
  const commands = list === undefined ? commandsOf(version.toString()) : readCommands(list);
  return {
    version: version.toString(),
    commands,
    has: (command) => commands.get(command)?.enabled === true,
  };
}

function notAgreed(what: string): GuestError {
  return new GuestError('protocol', `The guest's answer to guest-info is not as agreed: it lacks ${what}`, {
    command: 'guest-info',
  });
}

function readCommands(list: WireValue): ReadonlyMap<string, CommandCapability> {
  const commands = new Map<string, CommandCapability>();
  if (!Array.isArray(list)) throw notAgreed('a list of commands');
  for (const entry of list as readonly WireValue[]) {
    const [name, enabled, successResponse] =
      entry instanceof WireObject ? ['name', 'enabled', 'success-response'].map((key) => entry.get(key)) : [];
    if (!isText(name) || typeof enabled !== 'boolean')
      throw notAgreed("a command's name, or whether it is enabled");
    commands.set(name.toString(), {
      enabled,
      successResponse: typeof successResponse === 'boolean' ? successResponse : undefined,
    });
  }
  return commands;
}

/** The commands that an agent of this version has, as far as the contract knows. */
export function commandsOf(version: string): ReadonlyMap<string, CommandCapability> {
  const commands = new Map<string, CommandCapability>();
  for (const { name, since } of allDescriptors()) {
    if (since !== undefined && !isNewer(since, version)) {
      commands.set(name, { enabled: true, successResponse: undefined });
    }
  }
  return commands;
}

function numbersIn(version: string): number[] {
  return (/^\d{1,9}(\.\d{1,9}){0,3}/.exec(version)?.[0] ?? '').split('.').map(Number);
}

/** Is the release younger than a version, which begins with numbers if it is one of QEMU's? */
function isNewer(release: string, version: string): boolean {
  const [a, b] = [numbersIn(release), numbersIn(version)];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/**
 * The error of a command that the agent does not have, in words that say what would have it.
 *
 * @param error what the agent answered
 * @param version the agent's, if it could be asked
 */
export function unsupportedError(
  error: GuestError,
  command: string,
  version: string | undefined,
): GuestError {
  const since = descriptorOf(command)?.since;
  const agent = version === undefined ? 'the agent' : `the agent (version ${version})`;
  const lack = `${command}: ${agent} does not have this command`;
  let message = lack;
  if (since !== undefined) {
    message =
      version === undefined || isNewer(since, version)
        ? `${lack}; it came with QEMU ${since}`
        : `${lack}, although it came with QEMU ${since}: not on the guest's system, or not in this build`;
  }
  return new GuestError('unsupported', message, {
    command,
    ...(error.class === undefined ? {} : { class: error.class }),
    ...(error.desc === undefined ? {} : { desc: error.desc }),
    cause: error,
  });
}
