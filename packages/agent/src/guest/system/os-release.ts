import { isUtf8 } from 'node:buffer';
import { parseKeyFile } from '../../key-file.js';
import type { Logger } from '../../log/logger.js';
import type { GuestSystem } from '../guest-system.js';
import { readSystemFile, SystemFileError } from '../system-file.js';

/** What the file os-release says of a key; undefined if it says nothing. */
export type OsRelease = (key: string) => string | undefined;

const nothing: OsRelease = () => undefined;

/** The places, in the order in which they are looked at. */
const PLACES = ['/etc/os-release', '/usr/lib/os-release'];

/** Removes the backslash before what os-release escapes; any other backslash stands for itself. */
const ESCAPED = /\\([$'"\\`])/g;

/** What was read last: the file hardly ever changes, and to compare it is quicker than to take it apart. */
let last: { readonly bytes: Buffer; readonly told: OsRelease } | undefined;

/**
 * Reads the first file os-release that can be understood: the one that `QGA_OS_RELEASE` names, as it stands there, or
 * else those of the system (qemu-ga §5.18). Why one cannot be is logged.
 */
export function readOsRelease({ log, root, env }: GuestSystem & { readonly log: Logger }): OsRelease {
  const named = env['QGA_OS_RELEASE'];
  const paths = named === undefined ? PLACES.map((path) => `${root}${path}`) : [named];
  for (const path of paths) {
    try {
      const bytes = readSystemFile(path);
      if (last === undefined || !bytes.equals(last.bytes)) last = { bytes, told: parseOsRelease(bytes) };
      return last.told;
    } catch (error) {
      if (error instanceof SystemFileError) log.syslog(`failed to read '${path}', error: ${error.message}`);
      else if (error instanceof SyntaxError)
        log.syslog(`failed to parse file '${path}', error: ${error.message}`);
      else if (error instanceof TypeError) log.syslog(`file is not utf-8 encoded: ${path}`);
      else throw error;
    }
  }
  return nothing;
}

/**
 * Reads the text of os-release as the C agent does: as a key file, not as the shell would.
 *
 * @throws {TypeError} if it is not UTF-8
 * @throws {SyntaxError} in GLib's words, if a line is no comment and no pair
 */
export function parseOsRelease(bytes: Buffer): OsRelease {
  const end = bytes.indexOf(0);
  const text = end < 0 ? bytes : bytes.subarray(0, end);
  if (!isUtf8(text)) throw new TypeError('not UTF-8');
  const pairs = parseKeyFile(`[os-release]\n${text}`).get('os-release');
  return (key) => {
    const value = pairs?.get(key);
    return value === undefined ? undefined : unquoted(value);
  };
}

/**
 * Only double quotes quote; anything else, single quotes included, ends at the first space or semicolon and keeps its
 * quotes. Without a closing quote the value is all that follows the first.
 */
function unquoted(value: string): string {
  if (!value.startsWith('"')) return value.replace(/[ ;].*$/s, '');
  const quoted = /^"((?:\\[$'"\\`]|[^"])*)/s.exec(value)?.[1] ?? '';
  return quoted.replace(ESCAPED, '$1');
}
