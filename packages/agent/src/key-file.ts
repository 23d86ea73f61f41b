/** A key file (ini syntax) as GLib reads it: entries by group and key. */
export type KeyFile = ReadonlyMap<string, ReadonlyMap<string, KeyFileEntry>>;

/** A key of a key file. */
export interface KeyFileEntry {
  /** The raw value, with its escapes. */
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/** A line is not allowed in a key file, or not at its place. The message is that of GLib. */
export class KeyFileError extends SyntaxError {
  override readonly name = 'KeyFileError';
  /** Counted from 1. */
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

const GROUP = /^\[([^\]]*)\][ \t]*$/;
const GROUP_NAME = /^[^[\x00-\x1f\x7f]+$/;
const KEY = /^[^[\]]+(?:\[[\p{L}\p{N}_.@-]*\])?$/u;
const PAIR = /^([^=]*[^= \t])[ \t]*=[ \t]*(.*)$/s;

/** A line `[group]`, without a key, or `key=value` of a key file. */
export interface KeyFileLine extends KeyFileEntry {
  readonly group: string;
  readonly key: string | undefined;
}

/**
 * Parses a key file (qemu-ga §8.3, §8.4). Repeated groups are merged; of repeated keys the last one is used.
 * @throws {KeyFileError}
 */
export function parseKeyFile(text: string): KeyFile {
  const groups = new Map<string, Map<string, KeyFileEntry>>();
  for (const { group, key, value, line } of keyFileLines(text)) {
    const entries = groups.get(group) ?? new Map<string, KeyFileEntry>();
    groups.set(group, key === undefined ? entries : entries.set(key, { value, line }));
  }
  return groups;
}

/**
 * Yields the groups and keys of a key file in their order, repeated ones included.
 * @throws {KeyFileError}
 */
export function* keyFileLines(text: string): Generator<KeyFileLine, void, undefined> {
  let current: string | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = index + 1;
    // In C a line ends at its first NUL.
    const whole = raw.replace(/\r$|\0.*$/s, '');
    const content = whole.replace(/^[ \t\r\f\v]+/, '');
    if (content === '' || content.startsWith('#')) continue;
    const group = GROUP.exec(content)?.[1];
    if (group !== undefined) {
      if (!GROUP_NAME.test(group)) throw new KeyFileError(`Invalid group name: ${group}`, line);
      current = group;
      yield { group, key: undefined, value: '', line };
      continue;
    }
    const [, key, value] = PAIR.exec(content) ?? [];
    if (key === undefined || value === undefined) {
      const problem = 'which is not a key-value pair, group, or comment';
      throw new KeyFileError(`Key file contains line “${whole}” ${problem}`, line);
    }
    if (current === undefined) throw new KeyFileError('Key file does not start with a group', line);
    if (!KEY.test(key)) throw new KeyFileError(`Invalid key name: ${key}`, line);
    yield { group: current, key, value, line };
  }
}

const ESCAPES: Readonly<Record<string, string>> = { s: ' ', n: '\n', t: '\t', r: '\r', '\\': '\\' };

/** Returns a value as a string without escapes; undefined if an escape is unknown. */
export function keyFileString(value: string): string | undefined {
  if (!/^(?:[^\\]|\\[sntr\\])*$/.test(value)) return undefined;
  return value.replace(/\\(.)/g, (_, char: string) => ESCAPES[char] ?? '');
}

/** Returns the value that GLib writes for a string: white space is escaped where reading would drop it. */
export function keyFileValue(text: string): string {
  // Here line ends are white space, and a backslash is not.
  const [leading = ''] = /^[ \t\n\r]*/.exec(text) ?? [];
  const written = leading.replaceAll(' ', '\\s').replaceAll('\t', '\\t');
  return (written + text.slice(leading.length).replaceAll('\\', '\\\\'))
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
}

/** Returns a value as a boolean; undefined if it is not one. Trailing white space is ignored. */
export function keyFileBoolean(value: string): boolean | undefined {
  const text = value.trimEnd();
  if (text === 'true' || text === '1') return true;
  return text === 'false' || text === '0' ? false : undefined;
}
