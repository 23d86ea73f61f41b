import { readFile } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UsageError } from '../exit-status.js';

/** The targets file: each name stands for a target, or for a group of names and targets. */
export interface TargetsFile {
  readonly path: string;
  readonly entries: ReadonlyMap<string, string | readonly string[]>;
}

/** A target is not a name: it contains a colon or, as `libvirt+ALIAS/DOMAIN`, a plus. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

/** Returns whether a text is a valid name for the targets file. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns `undefined` without a home. The XDG base directory specification ignores a relative `XDG_CONFIG_HOME`. */
function targetsPath(env: Environment): string | undefined {
  const { XDG_CONFIG_HOME: config, HOME: home } = env;
  if (config?.startsWith('/') === true) return join(config, 'guestwire', 'targets.json');
  return home === undefined || home === '' ? undefined : join(home, '.config', 'guestwire', 'targets.json');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isGroup(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((member) => typeof member === 'string');
}

function checkEntry(path: string, key: string, value: unknown): [string, string | readonly string[]] {
  const invalid = (reason: string): UsageError => new UsageError(`${path}: "${key}": ${reason}`);
  if (!isName(key)) {
    throw invalid(
      'a name has letters, digits, dots, hyphens and underscores, and does not begin with a dot or hyphen',
    );
  }
  if (typeof value === 'string') {
    if (isName(value)) {
      throw invalid(`"${value}" is not a target: write one such as unix:PATH, or a list for a group`);
    }
    return [key, value];
  }
  if (!isGroup(value)) throw invalid('expected a target, such as "unix:/run/vm1.sock", or a list of names');
  if (value.length === 0) throw invalid('the group is empty');
  return [key, value];
}

function parseTargets(path: string, text: string): TargetsFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${path}: not JSON: ${reason}`, { cause });
  }
  if (!isObject(value)) {
    throw new UsageError(`${path}: expected an object of names, such as {"vm1": "unix:/run/vm1.sock"}`);
  }
  return {
    path,
    entries: new Map(Object.entries(value).map(([key, entry]) => checkEntry(path, key, entry))),
  };
}

/**
 * Reads the targets file. A missing file has no entries.
 *
 * @throws {UsageError} if it cannot be read or is invalid
 */
export async function readTargets(env: Environment): Promise<TargetsFile> {
  const path = targetsPath(env);
  if (path === undefined) return { path: '~/.config/guestwire/targets.json', entries: new Map() };
  let text: string;
  try {
    // Loads faster than `node:fs/promises`.
    text = await promisify(readFile)(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      return { path, entries: new Map() };
    }
    throw new UsageError(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  return parseTargets(path, text);
}
