import { resolve } from 'node:path';
import { AgentError } from '../agent-error.js';
import { HELPER_TIMEOUT_S } from '../exec/helper.js';
import { LOG_FORMATS, type LogFormat } from '../log/line.js';
import { COMMAND_TIMEOUT_S } from '../rpc/session.js';
import { STATE_DIRECTORY } from '../state/handle-counter.js';
import { defaultPath } from '../transport/methods.js';
import { VERSION } from '../version.js';
import { type Access, readAccess } from './access.js';
import { auditSettings } from './audit.js';
import { type FlagName, flags } from './flags.js';
import { type Given, getopt } from './getopt.js';
import { peerSettings } from './peers.js';
import { type ConfigFile, readConfigFile, type SettingKey, type Settings, splitList } from './settings.js';

/** Checked options of the daemon, with defaults. */
export type Options = ReturnType<typeof check> & Access;

export type Invocation =
  | { readonly kind: 'run' | 'thaw-after-exit'; readonly options: Options }
  | { readonly kind: 'dump-conf'; readonly settings: Settings }
  | { readonly kind: 'help' | 'version' | 'list-commands' | 'unknown-option' };

export interface OptionsServices {
  /** Prints a complaint about an option; called once in each of the two passes. */
  readonly complain: (text: string) => void;
  /** Returns the socket that a service manager has passed, whose method overrides the configured one. May throw. */
  readonly inherit?: () => { readonly method: string } | undefined;
}

/** Default paths (qemu-ga §8.2). */
const CONFIG_PATH = '/etc/qemu/qemu-ga.conf';
const HOOK_PATH = '/etc/qemu/fsfreeze-hook';
const PID_PATH = `${STATE_DIRECTORY}/qemu-ga.pid`;

/** With a longer time, Node's timers fire at once. */
const MAX_TIMEOUT_S = 2_147_483;

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the source of a setting for error messages: `--log-format` or `line 3 of FILE`. */
type Origin = (key: SettingKey) => string;

/**
 * Reads command line and configuration file (qemu-ga §8.1, §8.4): `-c` first, then the file, then all other options.
 * @throws {AgentError} `config` or `option`
 */
export function readOptions(
  args: readonly string[],
  env: Environment,
  { complain, inherit }: OptionsServices,
): Invocation {
  const given = optionsIn(getopt<FlagName>(args, flags));
  for (const option of given) if (option.kind === 'error') complain(option.text);
  const file = readConfig(given, env);
  const settings = { ...file.settings };
  const fromLine = new Set<string>();
  let dump = false;
  let thaws = false;

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
        addList(settings, name, value);
        break;
      case 'daemonize':
        settings.daemon = true;
        break;
      case 'thaw-after-exit':
        thaws = true;
        break;
      case 'verbose':
      case 'thaw-on-stop':
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
  const origin: Origin = (key) => (fromLine.has(key) ? `--${key}` : file.position(key));
  const kind = thaws ? 'thaw-after-exit' : 'run';
  return { kind, options: { ...check(resolved, origin), ...readAccess(resolved, file) } };
}

/**
 * Reads the lists of commands and the policy again, from the command line and the current files.
 * @param folder the working directory at the start of the process, for relative paths
 * @throws {AgentError} `config`, `option` or `policy`
 */
export function rereadAccess(args: readonly string[], env: Environment, folder: string): Access {
  const { settings, file } = accessSettings(optionsIn(getopt<FlagName>(args, flags)), env, folder);
  return readAccess(settings, file, folder);
}

/** The settings of {@link Access}, and those of the file alone. */
interface AccessSettings {
  readonly settings: Settings;
  readonly file: ConfigFile;
}

/**
 * Returns the settings for {@link readAccess}, from options of a command line and the current configuration file.
 * @param folder for relative paths; the working directory if absent
 * @throws {AgentError} `config`
 */
export function accessSettings(
  given: readonly Option<string>[],
  env: Environment,
  folder?: string,
): AccessSettings {
  const file = readConfig(given, env, folder);
  const settings = { ...file.settings };
  for (const option of given) {
    if (option.kind === 'error') continue;
    const { name, value } = option;
    if (name === 'block-rpcs' || name === 'allow-rpcs') addList(settings, name, value);
    if (name === 'policy' && value !== undefined) settings.policy = value;
  }
  return { settings, file };
}

/** Of a command line, all but other words. */
type Option<Name extends string> = Exclude<Given<Name>, { readonly kind: 'word' }>;

/** qemu-ga ignores other words. */
function optionsIn<Name extends string>(given: Iterable<Given<Name>>): readonly Option<Name>[] {
  return Array.from(given).flatMap((item) => (item.kind === 'word' ? [] : [item]));
}

/** Reads the file that the last `-c` names, or the default one, which may be missing. */
function readConfig(given: readonly Option<string>[], env: Environment, folder = ''): ConfigFile {
  const option = given.findLast((item) => item.kind === 'option' && item.name === 'config');
  const named = option?.kind === 'option' ? option.value : undefined;
  const path = named ?? env['QGA_CONF'] ?? CONFIG_PATH;
  return readConfigFile(folder === '' ? path : resolve(folder, path), named !== undefined);
}

function addList(settings: Settings, key: 'block-rpcs' | 'allow-rpcs', text: string | undefined): void {
  settings[key] = [...(settings[key] ?? []), splitList(text)];
}

/** Adds the defaults that `--dump-conf` prints. An inherited socket overrides method and path. */
function withDefaults(settings: Settings, inherited: { readonly method: string } | undefined): Settings {
  const method = inherited?.method ?? settings.method ?? 'virtio-serial';
  const { path = defaultPath(method), ...rest } = settings;
  const resolved: Settings = { pidfile: PID_PATH, statedir: STATE_DIRECTORY, ...rest, method };
  if (inherited !== undefined) return resolved;
  if (path !== undefined) return { ...resolved, path };
  throw new AgentError('option', 'must specify a path for this channel', {
    advice: `the method ${method} needs --path=PATH`,
  });
}

function check(settings: Settings, origin: Origin) {
  const { method = '', path = '', pidfile = '', statedir = '', daemon = false, verbose = false } = settings;
  return {
    method,
    path,
    retryPath: settings['retry-path'] ?? false,
    ...peerSettings(settings, origin),
    ...auditSettings(settings, origin),
    daemon,
    pidfile,
    logfile: settings.logfile,
    logFormat: logFormat(settings['log-format'] ?? 'text', origin),
    verbose,
    statedir,
    fsfreezeHook: settings['fsfreeze-hook'],
    fsfreezeHookDir: settings['fsfreeze-hook-dir'],
    version: settings['report-version'] ?? VERSION,
    thawOnStop: settings['thaw-on-stop'] ?? false,
    freezeTimeout: seconds(settings, 'freeze-timeout', origin, 0),
    helperTimeout: seconds(settings, 'helper-timeout', origin, 1) ?? HELPER_TIMEOUT_S,
    commandTimeout: seconds(settings, 'command-timeout', origin, 0) ?? COMMAND_TIMEOUT_S,
    systemRoot: (settings['system-root'] ?? '').replace(/\/+$/, ''),
  };
}

function logFormat(text: string, origin: Origin): LogFormat {
  const format = LOG_FORMATS.find((name) => name === text);
  if (format !== undefined) return format;
  throw new AgentError('option', `log-format takes ${LOG_FORMATS.join(' or ')}, not '${text}'`, {
    advice: origin('log-format'),
  });
}

function seconds(
  settings: Settings,
  key: 'freeze-timeout' | 'helper-timeout' | 'command-timeout',
  origin: Origin,
  min: number,
): number | undefined {
  const text = settings[key];
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= MAX_TIMEOUT_S) return value;
  throw new AgentError(
    'option',
    `${key} takes whole seconds from ${min} to ${MAX_TIMEOUT_S}, not '${text}'`,
    {
      advice: min === 0 ? `${origin(key)}; 0 means never` : origin(key),
    },
  );
}
