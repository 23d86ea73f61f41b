import { isText, WireObject, type WireValue } from '@guestwire/protocol';
import { allDescriptors, descriptorOf } from './contract.js';
import { GuestError } from './guest-error.js';

/** One command in an agent's report. */
export interface CommandCapability {
  /** False if the agent's operator or its frozen state forbids the command. */
  readonly enabled: boolean;
  /** False if the command sends no reply on success; `undefined` if the agent does not report it (before 1.7). */
  readonly successResponse: boolean | undefined;
}

/** The version and commands that an agent reports. They come from the guest: do not trust them. */
export interface Capabilities {
  /** The agent's version as it reports it. */
  readonly version: string;
  /** Its commands, by name, disabled ones included. */
  readonly commands: ReadonlyMap<string, CommandCapability>;
  /** Returns true if the agent has the command and allows it. */
  has(command: string): boolean;
}

/**
 * Parses the return value of `guest-info`. Agents before 1.1 list no commands; they get those that the contract has for
 * their version.
 *
 * @throws {GuestError} `protocol`
 */
export function readCapabilities(returned: WireValue): Capabilities {
  const version = returned instanceof WireObject ? returned.get('version') : undefined;
  if (!(returned instanceof WireObject) || !isText(version)) throw invalidInfo('a version');
  const list = returned.get('supported_commands');
  const commands = list === undefined ? commandsOf(version.toString()) : readCommands(list);
  return {
    version: version.toString(),
    commands,
    has: (command) => commands.get(command)?.enabled === true,
  };
}

function invalidInfo(missing: string): GuestError {
  const message = `guest-info: invalid reply: ${missing} is missing`;
  return new GuestError('protocol', message, { command: 'guest-info' });
}

function readCommands(list: WireValue): ReadonlyMap<string, CommandCapability> {
  if (!Array.isArray(list)) throw invalidInfo('a list of commands');
  const entries = list.map((entry: WireValue): [string, CommandCapability] => {
    const [name, enabled, successResponse] =
      entry instanceof WireObject ? ['name', 'enabled', 'success-response'].map((key) => entry.get(key)) : [];
    if (!isText(name) || typeof enabled !== 'boolean') throw invalidInfo('the name or state of a command');
    const isKnown = typeof successResponse === 'boolean';
    return [name.toString(), { enabled, successResponse: isKnown ? successResponse : undefined }];
  });
  return new Map(entries);
}

/** Returns the commands that the contract has for a version of the agent. */
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

/** Returns true if a release is newer than a version, which may be any text. */
function isNewer(release: string, version: string): boolean {
  const [a, b] = [numbersIn(release), numbersIn(version)];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/** Returns the error for a command that the agent does not have, with the release that introduced it. */
export function unsupportedError(error: GuestError, command: string, version?: string): GuestError {
  const since = descriptorOf(command)?.since;
  const agent = version === undefined ? 'the agent' : `the agent (version ${version})`;
  let message = `${command}: ${agent} does not have this command`;
  if (since !== undefined) {
    message +=
      version === undefined || isNewer(since, version)
        ? `; it came with QEMU ${since}`
        : `, although it came with QEMU ${since}: not on the guest's system, or not in this build`;
  }
  const { class: errorClass, desc } = error;
  return new GuestError('unsupported', message, { command, class: errorClass, desc, cause: error });
}
