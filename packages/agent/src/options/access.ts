import { checkCommandNames } from '../policy/command-names.js';
import { loadPolicy } from '../policy/load-policy.js';
import type { Policy } from '../policy/policy.js';
import type { CommandLists } from '../rpc/command-filter.js';
import type { ConfigFile, Settings } from './settings.js';

/** What hosts may do: the part of the configuration that a reload replaces. */
export interface Access {
  readonly commands: CommandLists;
  readonly policy: Policy | undefined;
}

/** A name in a list of commands, and the place of the list: `--block-rpcs`, or `line 3 of FILE`. */
export interface ListedName {
  readonly name: string;
  readonly origin: string;
}

/** Returns the names of a list with their places: those of the file, then those of the command line. */
export function listedNames(
  settings: Settings,
  file: ConfigFile,
  key: 'allow-rpcs' | 'block-rpcs',
): readonly ListedName[] {
  const fromFile = file.settings[key]?.length ?? 0;
  return (settings[key] ?? []).flatMap((names, index) => {
    const origin = index < fromFile ? file.position(key) : `--${key}`;
    return names.map((name) => ({ name, origin }));
  });
}

/**
 * Checks the lists of commands and reads the policy.
 * @param settings those of the file, with those of the command line
 * @param folder the working directory at the start of the process, for relative paths; the current one if absent
 * @throws {AgentError} `option` if a list has a name that is no command; `policy`
 */
export function readAccess(settings: Settings, file: ConfigFile, folder?: string): Access {
  for (const key of ['allow-rpcs', 'block-rpcs'] as const) {
    for (const { name, origin } of listedNames(settings, file, key)) checkCommandNames([name], origin);
  }
  const { 'allow-rpcs': allow = [], 'block-rpcs': block = [], policy } = settings;
  return {
    commands: { allow: allow.flat(), block: block.flat() },
    policy: policy === undefined ? undefined : loadPolicy(policy, { folder }),
  };
}
