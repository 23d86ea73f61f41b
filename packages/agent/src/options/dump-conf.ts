import { keyFileValue } from '../key-file.js';
import { CONFIG_KEYS, type Config } from './config-file.js';
import type { ResolvedSettings } from './settings.js';

/**
 * Returns the configuration file for the settings, as qemu-ga prints it (qemu-ga §8.4), followed by Guestwire's own keys
 * that are set.
 */
export function dumpConf({ block, allow, ...settings }: ResolvedSettings): string {
  const values: Config = {
    daemon: false,
    verbose: false,
    'retry-path': false,
    ...settings,
    'block-rpcs': joinLists(block),
    'allow-rpcs': joinLists(allow),
  };
  const lines = CONFIG_KEYS.flatMap((key) => {
    const value = values[key];
    return value === undefined
      ? []
      : [`${key}=${typeof value === 'boolean' ? value : keyFileValue(value)}\n`];
  });
  return `[general]\n${lines.join('')}`;
}

/** Reverses the names of each option, but not the options, like qemu-ga. */
function joinLists(lists: readonly (readonly string[])[]): string {
  return lists.flatMap((names) => names.toReversed()).join(',');
}
