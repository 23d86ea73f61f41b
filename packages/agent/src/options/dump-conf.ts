import { keyFileValue } from '../key-file.js';
import type { Settings } from './settings.js';

/** The settings that `--dump-conf` prints whether or not anybody has set them. */
export interface ResolvedSettings extends Settings {
  readonly method: string;
  readonly pidfile: string;
  readonly statedir: string;
}

/**
 * The configuration file that says what the settings say, as the C agent prints it (qemu-ga §8.4); our own keys
 * follow where they are set.
 */
export function dumpConf(settings: ResolvedSettings): string {
  const entries: readonly (readonly [string, string | boolean | undefined])[] = [
    ['daemon', settings.daemon ?? false],
    ['method', settings.method],
    ['path', settings.path],
    ['logfile', settings.logfile],
    ['pidfile', settings.pidfile],
    ['fsfreeze-hook', settings['fsfreeze-hook']],
    ['statedir', settings.statedir],
    ['verbose', settings.verbose ?? false],
    ['retry-path', settings['retry-path'] ?? false],
    ['block-rpcs', joined(settings.block)],
    ['allow-rpcs', joined(settings.allow)],
    ['report-version', settings['report-version']],
    ['freeze-timeout', settings['freeze-timeout']],
    ['helper-timeout', settings['helper-timeout']],
    ['log-format', settings['log-format']],
    ['system-root', settings['system-root']],
  ];
  const lines = entries.flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${typeof value === 'boolean' ? value : keyFileValue(value)}\n`],
  );
  return `[general]\n${lines.join('')}`;
}

/** Each option's names stand in reverse, the options themselves do not: so does the C agent's list grow. */
function joined(lists: readonly (readonly string[])[]): string {
  return lists.flatMap((names) => names.toReversed()).join(',');
}
