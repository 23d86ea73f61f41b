import type { OptionSpec } from './getopt.js';

/** The options of `guestd`: those of qemu-ga in its order (qemu-ga §8.1), then Guestwire's own. */
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
  { name: 'fsfreeze-hook-dir', argument: 'required', ours: true },
  { name: 'freeze-timeout', argument: 'required', ours: true },
  { name: 'thaw-on-stop', argument: 'none', ours: true },
  { name: 'thaw-after-exit', argument: 'none', ours: true },
  { name: 'helper-timeout', argument: 'required', ours: true },
  { name: 'command-timeout', argument: 'required', ours: true },
  { name: 'log-format', argument: 'required', ours: true },
  { name: 'policy', argument: 'required', ours: true },
  { name: 'audit-log', argument: 'required', ours: true },
  { name: 'audit-failure', argument: 'required', ours: true },
  { name: 'system-root', argument: 'required', ours: true },
  { name: 'vsock-peers', argument: 'required', ours: true },
  { name: 'socket-mode', argument: 'required', ours: true },
  { name: 'socket-users', argument: 'required', ours: true },
  // For Windows; elsewhere it is accepted and its argument ignored.
  { name: 'service', short: 's', argument: 'required', long: false },
] as const satisfies readonly OptionSpec[];

export type FlagName = (typeof flags)[number]['name'];
