import { resolve } from 'node:path';
import { AgentError } from '../agent-error.js';
import { HELPER_TIMEOUT_S } from '../exec/helper.js';
import { LOG_FORMATS, type LogFormat } from '../log/line.js';
import type { CommandLists } from '../rpc/command-filter.js';
import { STATE_DIRECTORY } from '../state/handle-counter.js';
import { defaultPath } from '../transport/methods.js';
import { VERSION } from '../version.js';
import { type ConfigKey, readConfigFile } from './config-file.js';
import type { ResolvedSettings } from './dump-conf.js';
import { type FlagName, flags } from './flags.js';
import { type Given, getopt } from './getopt.js';
import { type Settings, splitList } from './settings.js';

/** What the daemon is to do, all defaults filled in. */
export interface Options {
  /** How the host is met; not looked at more closely here. */
  readonly method: string;
  readonly path: string;
  /** Open the channel again and again, if it is not there or breaks. */
  readonly retryPath: boolean;
  readonly daemon: boolean;
  /** Counts for a daemon only. */
  readonly pidfile: string;
  /** Absent for standard error. */
  readonly logfile: string | undefined;
  readonly logFormat: LogFormat;
  readonly verbose: boolean;
  readonly statedir: string;
  /** Absent for none. */
  readonly fsfreezeHook: string | undefined;
  readonly commands: CommandLists;
  /** What `guest-info` reports. */
  readonly version: string;
  /** Seconds; 0 for never. */
  readonly freezeTimeout: number;
  /** Seconds, at least one. */
  readonly helperTimeout: number;
  /** Where `/proc`, `/sys` and `/dev/log` are found; `''` for the real ones. */
  readonly systemRoot: string;
}

/** What a command line asks for. */
export type Invocation =
  | { readonly kind: 'run'; readonly options: Options }
  | { readonly kind: 'dump-conf'; readonly settings: ResolvedSettings }
  | { readonly kind: 'help' | 'version' | 'list-commands' | 'unknown-option' };

/** What reading the options has to do with the rest of the world. */
export interface OptionsServices {
  /** Gets each complaint about an option, the first time round too. */
  readonly complain: (text: string) => void;
  /** Looks for a socket that was handed over ready to use: its method counts for more than ours. May throw. */
  readonly inherit?: () => { readonly method: string } | undefined;
}

/** Default paths (qemu-ga §8.2). */
const CONFIG_PATH = '/etc/qemu/qemu-ga.conf';
const HOOK_PATH = '/etc/qemu/fsfreeze-hook';
const PID_PATH = `${STATE_DIRECTORY}/qemu-ga.pid`;

/** Beyond this many seconds a timer of Node's would fire at once. */
const MAX_TIMEOUT = 2_147_483;

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a setting comes from, in words: `--log-format` or `line 3 of FILE`. */
type Origin = (key: ConfigKey) => string;

/**
 * Reads command line and configuration file (qemu-ga §8.1, §8.4): first only `-c` counts, then the file, then all.
 *
 * @throws {AgentError} `config` or `option`
 */
export function readOptions(
  args: readonly string[],
  env: Environment,
  { complain, inherit }: OptionsServices,
): Invocation {
  const given = Array.from(getopt<FlagName>(args, flags));
  for (const option of given) if (option.kind === 'error') complain(option.text);
  const { settings, place } = readConfig(given, env);
  const fromLine = new Set<string>();
  let dump = false;

  for (const option of given) {
    if (option.kind === 'error') {
      complain(option.text);
      return { kind: 'unknown-option' };
    }
    const { name, value = '' } = option;
    fromLine.add(name);
    switch (name) {
      case 'help':
      case 'version':
        return { kind: name };
      case 'config':
      case 'service':
        break;
      case 'dump-conf':
        dump = true;
        break;
      case 'block-rpcs':
      case 'allow-rpcs':
        if (value === 'help' || value === '?') return { kind: 'list-commands' };
        settings[name === 'block-rpcs' ? 'block' : 'allow'].push(splitList(value));
        break;
      case 'daemonize':
        settings.daemon = true;
        break;
      case 'verbose':
      case 'retry-path':
        settings[name] = true;
        break;
      case 'fsfreeze-hook':
        settings[name] = option.value ?? HOOK_PATH;
        break;
      default:
        settings[name] = value;
    }
  }
  const resolved = withDefaults(settings, inherit?.());
  if (dump) return { kind: 'dump-conf', settings: resolved };
  return { kind: 'run', options: check(resolved, (key) => (fromLine.has(key) ? `--${key}` : place(key))) };
}

/**
 * Reads the two lists of commands again, from the same command line and the file that it names, as it is now.
 *
 * @param folder where the process was when it was started: relative paths begin there
 * @throws {AgentError} `config`
 */
export function readCommandLists(args: readonly string[], env: Environment, folder: string): CommandLists {
  const given = Array.from(getopt<FlagName>(args, flags));
  const { settings } = readConfig(given, env, folder);
  for (const option of given) {
    if (option.kind === 'error') continue;
    if (option.name === 'block-rpcs') settings.block.push(splitList(option.value));
    else if (option.name === 'allow-rpcs') settings.allow.push(splitList(option.value));
  }
  return commandLists(settings);
}

function readConfig(
  given: readonly Given<FlagName>[],
  env: Environment,
  folder?: string,
): { readonly settings: Settings; readonly place: Origin } {
  let named: string | undefined;
  for (const option of given) {
    if (option.kind === 'option' && option.name === 'config') named = option.value;
  }
  const path = named ?? env['QGA_CONF'] ?? CONFIG_PATH;
  const { values, place } = readConfigFile(
    folder === undefined ? path : resolve(folder, path),
    named !== undefined,
  );
  const { 'block-rpcs': block, 'allow-rpcs': allow, ...rest } = values;
  return { settings: { ...rest, block: [splitList(block)], allow: [splitList(allow)] }, place };
}

function withDefaults(
  settings: Settings,
  inherited: { readonly method: string } | undefined,
): ResolvedSettings {
  const { path, ...rest } = settings;
  const method = inherited?.method ?? settings.method ?? 'virtio-serial';
  const resolved = {
    ...rest,
    method,
    pidfile: settings.pidfile ?? PID_PATH,
    statedir: settings.statedir ?? STATE_DIRECTORY,
  };
  if (inherited !== undefined) return resolved;
  const known = path ?? defaultPath(method);
  if (known === undefined) {
    throw new AgentError('option', 'must specify a path for this channel', {
      advice: `--path=PATH, for the method ${method}`,
    });
  }
  return { ...resolved, path: known };
}

function check(settings: ResolvedSettings, origin: Origin): Options {
  return {
    method: settings.method,
    path: settings.path ?? '',
    retryPath: settings['retry-path'] ?? false,
    daemon: settings.daemon ?? false,
    pidfile: settings.pidfile,
    logfile: settings.logfile,
    logFormat: logFormat(settings['log-format'] ?? 'text', origin),
    verbose: settings.verbose ?? false,
    statedir: settings.statedir,
    fsfreezeHook: settings['fsfreeze-hook'],
    commands: commandLists(settings),
    version: settings['report-version'] ?? VERSION,
    freezeTimeout: seconds(settings, 'freeze-timeout', origin, { least: 0, otherwise: 0 }),
    helperTimeout: seconds(settings, 'helper-timeout', origin, { least: 1, otherwise: HELPER_TIMEOUT_S }),
    systemRoot: (settings['system-root'] ?? '').replace(/\/+$/, ''),
  };
}

function commandLists({ allow, block }: Settings): CommandLists {
  return { allow: allow.flat(), block: block.flat() };
}

function logFormat(text: string, origin: Origin): LogFormat {
  const format = LOG_FORMATS.find((name) => name === text);
  if (format !== undefined) return format;
  throw new AgentError('option', `log-format takes ${LOG_FORMATS.join(' or ')}, not '${text}'`, {
    advice: origin('log-format'),
  });
}

function seconds(
  settings: ResolvedSettings,
  key: 'freeze-timeout' | 'helper-timeout',
  origin: Origin,
  { least, otherwise }: { readonly least: number; readonly otherwise: number },
): number {
  const text = settings[key];
  if (text === undefined) return otherwise;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= MAX_TIMEOUT) return value;
  throw new AgentError(
    'option',
    `${key} takes whole seconds from ${least} to ${MAX_TIMEOUT}, not '${text}'`,
    {
      advice: least === 0 ? `${origin(key)}; 0 is for never` : origin(key),
    },
  );
}
