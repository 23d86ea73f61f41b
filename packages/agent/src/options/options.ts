import { STATE_DIRECTORY } from '../agent.js';
import { AgentError } from '../agent-error.js';
import { defaultPath } from '../channel/methods.js';
import { VERSION } from '../version.js';
import { type ConfigFile, readConfigFile } from './config-file.js';
import { type FlagName, flags } from './flags.js';
import { getopt } from './getopt.js';
import { refuseUnsupported } from './unsupported.js';

/** What the daemon is to do, all defaults filled in. */
export interface Options {
  /** How the host is met; not looked at more closely here. */
  readonly method: string;
  readonly path: string;
  /** Absent for standard error. */
  readonly logfile: string | undefined;
  readonly verbose: boolean;
  readonly statedir: string;
  readonly block: readonly string[];
  readonly allow: readonly string[];
  /** What `guest-info` reports. */
  readonly version: string;
  /** Seconds; 0 for never. */
  readonly freezeTimeout: number;
  /** Where `/proc` and `/sys` are found; `''` for the real ones. */
  readonly systemRoot: string;
}

/** What a command line asks for. */
export type Invocation =
  | { readonly kind: 'run'; readonly options: Options }
  | { readonly kind: 'help' | 'version' | 'list-commands' | 'unknown-option' };

/** Where the configuration is looked for unless told otherwise (reference 8.2). */
const CONFIG_PATH = '/etc/qemu/qemu-ga.conf';

/** Beyond this many seconds a timer of Node's would fire at once. */
const MAX_TIMEOUT = 2_147_483;

type Strings = { -readonly [Key in keyof ConfigFile]: ConfigFile[Key] };

/**
 * Reads command line and configuration file (reference 8.1, 8.4): first only `-c` counts, then the file, then all.
 *
 * @param complain gets each complaint about an option, the first time round too
 * @throws {AgentError} `config`, `option` or `unsupported`
 */
export function readOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  complain: (text: string) => void,
): Invocation {
  let file: string | undefined;
  for (const given of getopt<FlagName>(args, flags)) {
    if (given.kind === 'error') complain(given.text);
    else if (given.name === 'config') file = given.value;
  }
  const settings: Strings = { ...readConfigFile(file ?? env['QGA_CONF'] ?? CONFIG_PATH, file !== undefined) };
  const block = splitList(settings['block-rpcs']);
  const allow = splitList(settings['allow-rpcs']);

  for (const given of getopt<FlagName>(args, flags)) {
    if (given.kind === 'error') {
      complain(given.text);
      return { kind: 'unknown-option' };
    }
    const { name, value } = given;
    switch (name) {
      case 'help':
      case 'version':
        return { kind: name };
      case 'config':
        break;
      case 'block-rpcs':
      case 'allow-rpcs':
        if (value === 'help' || value === '?') return { kind: 'list-commands' };
        (name === 'block-rpcs' ? block : allow).push(...splitList(value));
        break;
      case 'daemonize':
        settings.daemon = true;
        break;
      case 'verbose':
      case 'retry-path':
        settings[name] = true;
        break;
      case 'dump-conf':
        throw new AgentError('unsupported', '--dump-conf is not available in this release yet');
      case 'fsfreeze-hook':
        settings[name] = value ?? '';
        break;
      default:
        settings[name] = value ?? '';
    }
  }
  refuseUnsupported(settings);
  return { kind: 'run', options: resolve(settings, block, allow) };
}

function resolve(settings: ConfigFile, block: readonly string[], allow: readonly string[]): Options {
  const method = settings.method ?? 'virtio-serial';
  const path = settings.path ?? defaultPath(method);
  if (path === undefined) {
    throw new AgentError('option', 'must specify a path for this channel', {
      advice: `--path=PATH, for the method ${method}`,
    });
  }
  return {
    method,
    path,
    logfile: settings.logfile,
    verbose: settings.verbose ?? false,
    statedir: settings.statedir ?? STATE_DIRECTORY,
    block,
    allow,
    version: settings['report-version'] ?? VERSION,
    freezeTimeout: seconds(settings['freeze-timeout'] ?? '0'),
    systemRoot: (settings['system-root'] ?? '').replace(/\/+$/, ''),
  };
}

/** A comma list's names, untrimmed; an empty text has none. */
function splitList(text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : text.split(',');
}

function seconds(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value <= MAX_TIMEOUT) return value;
  throw new AgentError(
    'option',
    `freeze-timeout takes whole seconds from 0 to ${MAX_TIMEOUT}, not '${text}'`,
    {
      advice: '0 is for never',
    },
  );
}
