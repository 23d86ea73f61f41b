import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { ENOENT, errnoOf, strerror } from '@guestwire/posix';
import { AgentError } from '../agent-error.js';
import {
  type KeyFile,
  KeyFileError,
  keyFileBoolean,
  keyFileLines,
  keyFileString,
  parseKeyFile,
} from '../key-file.js';

const GROUP = 'general';

/** The keys of the configuration file's group `[general]` (qemu-ga §8.4), the last five of them ours. */
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
  'block-rpcs': 'string',
  'allow-rpcs': 'string',
  'report-version': 'string',
  'freeze-timeout': 'string',
  'helper-timeout': 'string',
  'log-format': 'string',
  'system-root': 'string',
} as const;

/** A key of the configuration. */
export type ConfigKey = keyof typeof KEYS;

/** What a configuration says; a key that it does not have is absent. */
export type Config = {
  readonly [Key in ConfigKey]?: (typeof KEYS)[Key] extends 'boolean' ? boolean : string;
};

/** A configuration file that has been read. */
export interface ConfigFile {
  readonly values: Config;
  /** The words for a place in this file, for texts of errors: `line 3 of /etc/qemu/qemu-ga.conf`. */
  place(key: ConfigKey): string;
}

/**
 * Reads a configuration file. Other groups and unknown keys count for nothing.
 *
 * @param required false if there need not be such a file
 * @throws {AgentError} `config` if it cannot be read or understood; its advice names line and key
 */
export function readConfigFile(path: string, required: boolean): ConfigFile {
  const bytes = readBytes(path, required);
  if (bytes === undefined) return { values: {}, place: () => path };
  const text = bytes.toString();
  const general = parse(path, text).get(GROUP);
  const place = (key: ConfigKey): string => `line ${keyFileLines(text, GROUP).get(key) ?? '?'}`;
  const entries = Object.entries(KEYS).flatMap(([name, type]) => {
    // `Object.entries` forgets that these are the keys.
    const key = name as ConfigKey;
    const raw = general?.get(key);
    if (raw === undefined) return [];
    if (!isUtf8(bytes) && raw.includes('\ufffd')) {
      const reason = `Key file contains key “${key}” with value “${raw}” which is not UTF-8`;
      throw unloadable(path, reason, `${place(key)}, key ${key}: save the file as UTF-8`);
    }
    const value = type === 'boolean' ? keyFileBoolean(raw) : keyFileString(raw);
    if (value === undefined) {
      const reason = `Key file contains key “${key}” which has a value that cannot be interpreted.`;
      throw unloadable(path, reason, `${place(key)}, key ${key}: ${EXPECTED[type]}`);
    }
    return [[key, value] as const];
  });
  // Each entry has the type that KEYS gives its key.
  return { values: Object.fromEntries(entries) as Config, place: (key) => `${place(key)} of ${path}` };
}

const EXPECTED = {
  boolean: 'write true or false',
  string: 'a backslash is written \\\\, and else only \\s, \\n, \\t and \\r are known',
} as const;

function readBytes(path: string, required: boolean): Buffer | undefined {
  try {
    if (!statSync(path).isFile()) throw unloadable(path, 'Not a regular file');
    return readFileSync(path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    if (errno === ENOENT && !required) return undefined;
    throw unloadable(path, strerror(errno), undefined, error);
  }
}

function parse(path: string, text: string): KeyFile {
  try {
    return parseKeyFile(text);
  } catch (error) {
    if (error instanceof KeyFileError) throw unloadable(path, error.message, `line ${error.line}`, error);
    throw error;
  }
}

function unloadable(path: string, reason: string, advice?: string, cause?: unknown): AgentError {
  return new AgentError('config', `error loading configuration from path: ${path}, ${reason}`, {
    ...(advice === undefined ? {} : { advice }),
    cause,
  });
}
