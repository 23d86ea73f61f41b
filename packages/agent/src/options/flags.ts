import type { OptionSpec } from './getopt.js';

/** The command line of `guestd`: that of the C agent in its order (qemu-ga §8.1), then what is ours. */
export const flags = [
  { name: 'help', short: 'h', argument: 'none' },
  { name: 'version', short: 'V', argument: 'none' },
  { name: 'config', short: 'c', argument: 'required' },
  { name: 'dump-conf', short: 'D', argument: 'none' },
  { name: 'logfile', short: 'l', argument: 'required' },
  { name: 'pidfile', short: 'f', argument: 'required' },
  { name: 'fsfreeze-hook', short: 'F', argument: 'optional' },
  { name: 'verbose', short: 'v', argument: 'none' },
  { name: 'method', short: 'm', argument: 'required' },
  { name: 'path', short: 'p', argument: 'required' },
  { name: 'daemonize', short: 'd', argument: 'none' },
  { name: 'block-rpcs', short: 'b', argument: 'required' },
  { name: 'allow-rpcs', short: 'a', argument: 'required' },
  { name: 'statedir', short: 't', argument: 'required' },
  { name: 'retry-path', short: 'r', argument: 'none' },
  { name: 'report-version', argument: 'required', ours: true },
  { name: 'freeze-timeout', argument: 'required', ours: true },
  { name: 'helper-timeout', argument: 'required', ours: true },
  { name: 'log-format', argument: 'required', ours: true },
  { name: 'system-root', argument: 'required', ours: true },
  // Only on Windows it means something; elsewhere the letter is known, and its argument passed over.
  { name: 'service', short: 's', argument: 'required', long: false },
] as const satisfies readonly OptionSpec[];

/** The long name of an option. */
export type FlagName = (typeof flags)[number]['name'];
