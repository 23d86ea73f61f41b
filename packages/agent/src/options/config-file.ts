import { readFileSync, statSync } from 'node:fs';
import { AgentError } from '../agent-error.js';
import { keyFileBoolean, keyFileString, parseKeyFile } from '../key-file.js';
import { errnoOf, strerror } from '../linux/errno.js';

const ENOENT = 2;

/** The keys of the configuration file's group `[general]` (reference 8.4), the last three of them ours. */
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
  'system-root': 'string',
} as const;

/** What a configuration file says; a key that it does not have is absent. */
export type ConfigFile = {
  readonly [Key in keyof typeof KEYS]?: (typeof KEYS)[Key] extends 'boolean' ? boolean : string;
};

/**
 * Reads a configuration file. Other groups and unknown keys count for nothing.
 *
 * @param required false if there need not be such a file
 * @throws {AgentError} `config` if it cannot be read or understood
 */
export function readConfigFile(path: string, required: boolean): ConfigFile {
  const text = readText(path, required);
  if (text === undefined) return {};
  let general: ReadonlyMap<string, string> | undefined;
  try {
    general = parseKeyFile(text).get('general');
  } catch (error) {
    throw unloadable(path, error instanceof SyntaxError ? error.message : String(error), error);
  }
  const entries = Object.entries(KEYS).flatMap(([key, type]) => {
    const raw = general?.get(key);
    return raw === undefined ? [] : [[key, interpret(path, key, type, raw)] as const];
  });
  // Each entry has the type that KEYS gives its key.
  return Object.fromEntries(entries) as ConfigFile;
}

function readText(path: string, required: boolean): string | undefined {
  try {
    if (!statSync(path).isFile()) throw unloadable(path, 'Not a regular file');
    return readFileSync(path, 'utf8');
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    if (errno === ENOENT && !required) return undefined;
    throw unloadable(path, strerror(errno), error);
  }
}

function interpret(path: string, key: string, type: 'boolean' | 'string', raw: string): boolean | string {
  if (raw.includes('\ufffd'))
    throw unloadable(path, `Key file contains key “${key}” with value “${raw}” which is not UTF-8`);
  const value = type === 'boolean' ? keyFileBoolean(raw) : keyFileString(raw);
  if (value === undefined) {
    throw unloadable(path, `Key file contains key “${key}” which has a value that cannot be interpreted.`);
  }
  return value;
}

function unloadable(path: string, reason: string, cause?: unknown): AgentError {
  return new AgentError('config', `error loading configuration from path: ${path}, ${reason}`, { cause });
}
