/** A key file (ini syntax) as GLib reads them: groups of keys with raw, still escaped values. */
export type KeyFile = ReadonlyMap<string, ReadonlyMap<string, string>>;

const GROUP = /^\[([^[\]\x00-\x1f\x7f]+)\][ \t]*$/;
const KEY = /^[^[\]]+(?:\[[\p{L}\p{N}_.@-]*\])?$/u;
const PAIR = /^([^=]*[^= \t])[ \t]*=[ \t]*(.*)$/;

/**
 * Reads a key file (reference 8.3, 8.4). Repeated groups continue one another; of repeated keys the last counts.
 *
 * @throws {SyntaxError} in GLib's words, if a line is no group, pair or comment, or a pair comes before any group
 */
export function parseKeyFile(text: string): KeyFile {
  const groups = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const line of text.split('\n')) {
    // White space at the start of a line counts for nothing; the text of the error keeps it off too.
    const content = line.replace(/^[ \t\r\f\v]+/, '').replace(/\r$/, '');
    if (content === '' || content.startsWith('#')) continue;
    const group = GROUP.exec(content)?.[1];
    if (group !== undefined) {
      current = groups.get(group) ?? new Map();
      groups.set(group, current);
      continue;
    }
    const [, key, value] = PAIR.exec(content) ?? [];
    if (key === undefined || value === undefined) {
      throw new SyntaxError(
        `Key file contains line “${content}” which is not a key-value pair, group, or comment`,
      );
    }
    if (current === undefined) throw new SyntaxError('Key file does not start with a group');
    if (!KEY.test(key)) throw new SyntaxError(`Invalid key name: ${key}`);
    current.set(key, value);
  }
  return groups;
}

const ESCAPES: Readonly<Record<string, string>> = { s: ' ', n: '\n', t: '\t', r: '\r', '\\': '\\' };

/** A value as a string, its escapes resolved; undefined if an escape is unknown. */
export function keyFileString(value: string): string | undefined {
  let result = '';
  for (let i = 0; i < value.length; i += 1) {
    const char = value.charAt(i);
    if (char !== '\\') {
      result += char;
      continue;
    }
    i += 1;
    const resolved = ESCAPES[value.charAt(i)];
    if (resolved === undefined) return undefined;
    result += resolved;
  }
  return result;
}

/** A value as a boolean; undefined if it is none. Trailing white space counts for nothing. */
export function keyFileBoolean(value: string): boolean | undefined {
  switch (value.trimEnd()) {
    case 'true':
    case '1':
      return true;
    case 'false':
    case '0':
      return false;
    default:
      return undefined;
  }
}
