import { isUtf8 } from 'node:buffer';
import { errnoText } from '@guestwire/posix';
import { parseKeyFile } from '../../key-file.js';
import type { GuestSystem } from '../guest-system.js';
import { type FileVersion, isSameVersion, readSystemFile, untilNul, versionOf } from '../system-file.js';

export type OsRelease = (key: string) => string | undefined;

const PATHS = ['/etc/os-release', '/usr/lib/os-release'];

/** Backslashes that os-release escapes with; any other backslash is an ordinary character. */
const ESCAPED = /\\([$'"\\`])/g;

/** The last result: the file rarely changes. */
let last: { readonly path: string; readonly version: FileVersion; readonly release: OsRelease } | undefined;

/**
 * Reads the first valid os-release file: that of `QGA_OS_RELEASE`, a path not relative to the guest's root, or else that of
 * the system (qemu-ga §5.18). Failures are logged.
 */
export function readOsRelease({ log, root, env }: Pick<GuestSystem, 'log' | 'root' | 'env'>): OsRelease {
  const override = env['QGA_OS_RELEASE'];
  const paths = override === undefined ? PATHS.map((path) => `${root}${path}`) : [override];
  for (const path of paths) {
    const version = versionOf(path);
    if (last?.path === path && isSameVersion(last.version, version)) return last.release;
    let bytes: Buffer;
    try {
      bytes = readSystemFile(path);
    } catch (error) {
      const step =
        error instanceof Error && 'syscall' in error && error.syscall === 'read' ? 'read from' : 'open';
      log.syslog(`failed to read '${path}', error: Failed to ${step} file “${path}”: ${errnoText(error)}`);
      continue;
    }
    try {
      const release = parseOsRelease(bytes);
      last = version && { path, version, release };
      return release;
    } catch (error) {
      if (error instanceof SyntaxError) log.syslog(`failed to parse file '${path}', error: ${error.message}`);
      else if (error instanceof TypeError) log.syslog(`file is not utf-8 encoded: ${path}`);
      else throw error;
    }
  }
  return () => undefined;
}

/**
 * Parses os-release as qemu-ga does: as a key file, not like a shell.
 * @throws {TypeError} if it is not UTF-8
 * @throws {SyntaxError} with GLib's text if a line is neither a comment nor a pair
 */
export function parseOsRelease(bytes: Buffer): OsRelease {
  const text = untilNul(bytes);
  if (!isUtf8(text)) throw new TypeError('not UTF-8');
  const pairs = parseKeyFile(`[os-release]\n${text}`).get('os-release');
  return (key) => {
    const entry = pairs?.get(key);
    return entry === undefined ? undefined : unquoted(entry.value);
  };
}

/**
 * Only double quotes quote; any other value, also in single quotes, ends at the first space or semicolon. Without a closing
 * quote the value is everything after the opening quote.
 */
function unquoted(value: string): string {
  if (!value.startsWith('"')) return value.replace(/[ ;].*$/s, '');
  const quoted = /^"((?:\\[$'"\\`]|[^"])*)/s.exec(value)?.[1] ?? '';
  return quoted.replace(ESCAPED, '$1');
}
