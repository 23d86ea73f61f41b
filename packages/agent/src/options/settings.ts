import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { ENOENT, errnoOf, strerror } from '@guestwire/posix';
import { AgentError } from '../agent-error.js';
import {
  type KeyFile,
  KeyFileError,
  keyFileBoolean,
  keyFileString,
  keyFileValue,
  parseKeyFile,
} from '../key-file.js';

/** The keys of the configuration file's group `[general]` (qemu-ga §8.4); those from `report-version` on are Guestwire's own. */
const KEYS = {
  daemon: 'boolean',
  method: 'string',
  path: 'string',
  logfile: 'string',
  pidfile: 'string',
  'fsfreeze-hook': 'string',
  statedir: 'string',
  verbose: 'boolean',
  'retry-path': 'boolean',
  'block-rpcs': 'list',
  'allow-rpcs': 'list',
  'report-version': 'string',
  'fsfreeze-hook-dir': 'string',
  'freeze-timeout': 'string',
  'thaw-on-stop': 'boolean',
  'helper-timeout': 'string',
  'command-timeout': 'string',
  'log-format': 'string',
  policy: 'string',
  'audit-log': 'string',
  'audit-failure': 'string',
  'system-root': 'string',
  'vsock-peers': 'string',
  'socket-mode': 'string',
  'socket-users': 'string',
} as const;

export type SettingKey = keyof typeof KEYS;

// `Object.keys` returns the keys as strings.
const SETTING_KEYS = Object.keys(KEYS) as readonly SettingKey[];

/** Types of values. A list has the command names of each option or key, in their order. */
interface Values {
  readonly boolean: boolean;
  readonly string: string;
  readonly list: readonly (readonly string[])[];
}

/** The values of command line and configuration file, not checked yet. */
export type Settings = { -readonly [Key in SettingKey]?: Values[(typeof KEYS)[Key]] };

export interface ConfigFile {
  readonly settings: Settings;
  /** Returns the position of a key in this file, for error messages: `line 3 of /etc/qemu/qemu-ga.conf`. */
  position(key: SettingKey): string;
}

/**
 * Reads a configuration file. Other groups and unknown keys are ignored.
 * @param required false if the file may be missing
 * @throws {AgentError} `config` if it cannot be read or parsed; its advice names line and key
 */
export function readConfigFile(path: string, required: boolean): ConfigFile {
  const bytes = readBytes(path, required);
  if (bytes === undefined) return { settings: {}, position: () => path };
  const general = parse(path, bytes.toString()).get('general');
  const position = (key: SettingKey): string => `line ${general?.get(key)?.line ?? '?'}`;
  const entries = SETTING_KEYS.flatMap((key) => {
    const raw = general?.get(key)?.value;
    if (raw === undefined) return [];
    if (!isUtf8(bytes) && raw.includes('\ufffd')) {
      const reason = `Key file contains key “${key}” with value “${raw}” which is not UTF-8`;
      throw loadError(path, reason, `${position(key)}, key ${key}: save the file as UTF-8`);
    }
    const value = KEYS[key] === 'boolean' ? keyFileBoolean(raw) : keyFileString(raw);
    if (value === undefined) {
      const reason = `Key file contains key “${key}” which has a value that cannot be interpreted.`;
      throw loadError(path, reason, `${position(key)}, key ${key}: ${EXPECTED[KEYS[key]]}`);
    }
    return [[key, KEYS[key] === 'list' ? [splitList(`${value}`)] : value] as const];
  });
  // Each value has the type that KEYS gives its key.
  return {
    settings: Object.fromEntries(entries) as Settings,
    position: (key) => `${position(key)} of ${path}`,
  };
}

const ESCAPES = 'write a backslash as \\\\; the only other escapes are \\s, \\n, \\t and \\r';
const EXPECTED = { boolean: 'write true or false', string: ESCAPES, list: ESCAPES } as const;

function readBytes(path: string, required: boolean): Buffer | undefined {
  try {
    if (!statSync(path).isFile()) throw loadError(path, 'Not a regular file');
    return readFileSync(path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    if (errno === ENOENT && !required) return undefined;
    throw loadError(path, strerror(errno), undefined, error);
  }
}

function parse(path: string, text: string): KeyFile {
  try {
    return parseKeyFile(text);
  } catch (error) {
    if (error instanceof KeyFileError) throw loadError(path, error.message, `line ${error.line}`, error);
    throw error;
  }
}

function loadError(path: string, reason: string, advice?: string, cause?: unknown): AgentError {
  return new AgentError('config', `error loading configuration from path: ${path}, ${reason}`, {
    advice,
    cause,
  });
}

/** Returns the names of a comma-separated list, untrimmed (qemu-ga §8.1). */
export function splitList(text = ''): readonly string[] {
  return text === '' ? [] : text.split(',');
}

/** Returns the configuration file for the settings, as qemu-ga prints it (qemu-ga §8.4), without absent strings. */
export function dumpConf(settings: Settings): string {
  const defaults: Settings = { daemon: false, verbose: false, 'retry-path': false };
  const values: Settings = { ...defaults, 'block-rpcs': [], 'allow-rpcs': [], ...settings };
  const lines = SETTING_KEYS.flatMap((key) => {
    const value = values[key];
    if (value === undefined) return [];
    if (typeof value === 'boolean') return [`${key}=${value}\n`];
    // Like qemu-ga, it reverses the names of each option, but not the options.
    const text = typeof value === 'string' ? value : value.flatMap((names) => names.toReversed()).join(',');
    return [`${key}=${keyFileValue(text)}\n`];
  });
  return `[general]\n${lines.join('')}`;
}
