import { closeSync, constants, openSync, readSync } from 'node:fs';

/** A device number. */
export interface DeviceNumber {
  readonly major: number;
  readonly minor: number;
}

/** A line of the kernel's list of mounts, `/proc/self/mountinfo`. */
export interface MountEntry extends DeviceNumber {
  /** Number of the mount, as in `/proc/self/fdinfo`. */
  readonly id: number;
  /** Mount point in bytes, which need not be UTF-8. */
  readonly directory: Buffer;
  readonly type: string;
  readonly source: Buffer;
  /** Options of the filesystem, still escaped: `rw,lowerdir=/a:/b`. */
  readonly options: string;
  /** True if the mount point leads to another mount, which was made over it. */
  readonly isCovered: boolean;
}

// Names are bytes. The file is read as Latin-1, and only a space separates. The first lone hyphen ends the optional fields.
const MOUNTINFO =
  /^ *(\d+) +\d+ +(\d+):(\d+) +[^ ]+ +([^ ]+)(?: [^\n]*?)?? - +([^ ]+) +([^ ]+)(?: +([^ \n]+))?/;

/** Longer lists are not kept in memory. */
const MAX_KEPT_LENGTH = 64 * 1024;

/** The last list: it rarely changes, and comparing is faster than parsing. */
let last: { readonly text: string; readonly entries: readonly MountEntry[] } = { text: '', entries: [] };

/** Parses a list of mounts in Latin-1. Lines that cannot be parsed are skipped. */
export function parseMountTable(text: string): readonly MountEntry[] {
  if (text === last.text) return last.entries;
  const entries = parseEntries(text);
  if (text.length <= MAX_KEPT_LENGTH) last = { text, entries };
  return entries;
}

function parseEntries(text: string): MountEntry[] {
  const byDirectory = new Map<string, { isCovered: boolean }>();
  return text.split('\n').flatMap((line) => {
    const [, id, major, minor, directory, type, source, options = ''] = MOUNTINFO.exec(line) ?? [];
    if (directory === undefined || type === undefined || source === undefined) return [];
    const entry = {
      id: Number(id),
      major: Number(major),
      minor: Number(minor),
      directory: unescapeMountField(directory),
      type,
      source: unescapeMountField(source),
      options,
      isCovered: false,
    };
    const previous = byDirectory.get(directory);
    if (previous !== undefined) previous.isCovered = true;
    byDirectory.set(directory, entry);
    return entry;
  });
}

/** The kernel writes space, tab, newline and backslash in names as `\` and three octal digits; a name has no NUL. */
export function unescapeMountField(field: string): Buffer {
  const text = field.replace(/\\(?:(\\)|((?!000)[0-3][0-7]{2}))/g, (_, backslash?: string, octal = '') =>
    backslash === undefined ? String.fromCharCode(Number.parseInt(octal, 8)) : backslash,
  );
  return Buffer.from(text, 'latin1');
}

/** Returns a device number as the kernel writes it: `8:1`. */
export function deviceKey({ major, minor }: DeviceNumber): string {
  return `${major}:${minor}`;
}

/** Splits a device number of the C library. */
export function splitDeviceNumber(rdev: bigint): DeviceNumber {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n);
  return { major: Number(major), minor: Number(minor) };
}

/** The kernel's list of mounts, opened once: each reading returns its present contents, and needs no descriptor. */
export class OpenMountTable implements Disposable {
  readonly #fd: number;
  readonly #chunk = Buffer.allocUnsafeSlow(64 * 1024);

  /** @param root the folder that contains `/proc`. Throws a system error. */
  constructor(root: string) {
    this.#fd = openSync(`${root}/proc/self/mountinfo`, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** Returns the list in Latin-1. Throws a system error. */
  read(): string {
    // In this thread: the file is in memory, and every command on filesystems reads it.
    const parts: string[] = [];
    for (let length = 0; ; ) {
      const count = readSync(this.#fd, this.#chunk, 0, this.#chunk.length, length);
      if (count === 0) return parts.join('');
      length += count;
      parts.push(this.#chunk.toString('latin1', 0, count));
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
