import { readFile } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UsageError } from '../exit-status.js';

/** What the file of targets says: a name stands for a target, or for a group of names and targets. */
export interface TargetsFile {
  readonly path: string;
  readonly entries: ReadonlyMap<string, string | readonly string[]>;
}

/** Names are told from targets by this: a target has a colon or, if it is `libvirt+ALIAS/DOMAIN`, a plus. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

/** Could it stand in the file as a name? */
export function isName(text: string): boolean {
  return NAME.test(text);
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the file is; `undefined` for a user without a home. A relative `XDG_CONFIG_HOME` counts for nothing, as its standard has it. */
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
  const wrong = (what: string): UsageError => new UsageError(`${path}: "${key}": ${what}`);
  if (!isName(key)) {
    throw wrong(
      'a name is made of letters, digits, dots, hyphens and underscores, and begins with none of the middle two',
    );
  }
  if (typeof value === 'string') {
    if (isName(value))
      throw wrong(`"${value}" is no target: write one such as unix:PATH, or a list to make a group`);
    return [key, value];
  }
  if (isGroup(value)) {
    if (value.length === 0) throw wrong('the group is empty');
    return [key, value];
  }
  throw wrong('a name stands for a target, such as "unix:/run/vm1.sock", or for a list of names');
}

/** The entries of the file's text. `path` is for the messages. */
function parseTargets(path: string, text: string): TargetsFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${path}: this is no JSON: ${reason}`, { cause });
  }
  if (!isObject(value)) {
    throw new UsageError(`${path}: write an object of names, such as {"vm1": "unix:/run/vm1.sock"}`);
  }
  return {
    path,
    entries: new Map(Object.entries(value).map(([key, entry]) => checkEntry(path, key, entry))),
  };
}

/**
 * Reads the file of targets. One that is not there has no entries.
 *
 * @throws {UsageError} if it cannot be read or makes no sense; the message names the file and what is wrong
 */
export async function readTargets(env: Environment): Promise<TargetsFile> {
  const path = targetsPath(env);
  if (path === undefined) return { path: '~/.config/guestwire/targets.json', entries: new Map() };
  let text: string;
  try {
    // Not that of `node:fs/promises`, which every command would have to load.
    text = await promisify(readFile)(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
      return { path, entries: new Map() };
    throw new UsageError(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  return parseTargets(path, text);
}
