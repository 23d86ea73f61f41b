import { Base64Data, CommandError } from '@guestwire/protocol';
import type { FakeHandlers } from '../handlers.js';

/** Files of a fake guest, behind its file commands. */
export interface FakeFiles {
  /** For {@link fakeGuest}, beside other handlers. */
  readonly handlers: FakeHandlers;
  /** What the files hold, by path; a test may change it at any time. */
  readonly contents: Map<string, Buffer>;
  /** How many are open. */
  open(): number;
}

interface OpenFile {
  readonly path: string;
  readonly mode: Mode;
  at: number;
}

interface Mode {
  readonly reads: boolean;
  readonly writes: boolean;
  readonly creates: boolean;
  readonly truncates: boolean;
  readonly appends: boolean;
}

const NO_ENTRY = 'No such file or directory';
const BAD_DESCRIPTOR = 'Bad file descriptor';
const LARGEST_READ = 48 * 2 ** 20;

/** What the letters mean (qemu-ga §5.7). */
function modeOf(letters: string): Mode {
  const [, kind] = /^([rwa])(?:b?\+?|\+b)$/.exec(letters) ?? [];
  if (kind === undefined) throw new CommandError(`invalid file open mode '${letters}'`);
  const both = letters.includes('+');
  return {
    reads: both || kind === 'r',
    writes: both || kind !== 'r',
    creates: kind !== 'r',
    truncates: kind === 'w',
    appends: kind === 'a',
  };
}

function inRange(count: number | bigint, most: number): number {
  if (count < 0 || count > most) throw new CommandError(`value '${count}' is invalid for argument count`);
  return Number(count);
}

type Whence = 'set' | 'cur' | 'end';

const whences: ReadonlyMap<number | bigint | string, Whence> = new Map<number | bigint | string, Whence>([
  [0, 'set'],
  [1, 'cur'],
  [2, 'end'],
  ['set', 'set'],
  ['cur', 'cur'],
  ['end', 'end'],
]);

/**
 * Files that live in memory, for a fake guest: they are read, written and sought in as an agent does it, with the
 * errors of an agent. There are no folders: a file may be created at any path.
 *
 * ```ts
 * const files = fakeFiles({ '/etc/hostname': 'web1\n' });
 * const fake = fakeGuest({ ...files.handlers });
 * ```
 */
export function fakeFiles(initial: Readonly<Record<string, string | Uint8Array>> = {}): FakeFiles {
  const contents = new Map(Object.entries(initial).map(([path, bytes]) => [path, Buffer.from(bytes)]));
  const handles = new Map<number, OpenFile>();
  let nextHandle = 1000;

  const opened = (handle: number | bigint): OpenFile => {
    const file = handles.get(Number(handle));
    if (file === undefined) throw new CommandError(`handle '${handle}' has not been found`);
    return file;
  };
  const bytesOf = ({ path }: OpenFile): Buffer => contents.get(path) ?? Buffer.alloc(0);

  const handlers: FakeHandlers = {
    'guest-file-open': ({ path, mode: letters = 'r' }) => {
      const mode = modeOf(letters);
      if (!mode.creates && !contents.has(path)) {
        throw new CommandError(`failed to open file '${path}' (mode: '${letters}'): ${NO_ENTRY}`);
      }
      if (mode.truncates || !contents.has(path)) contents.set(path, Buffer.alloc(0));
      handles.set(nextHandle, { path, mode, at: 0 });
      return nextHandle++;
    },
    'guest-file-close': ({ handle }) => {
      opened(handle);
      handles.delete(Number(handle));
    },
    'guest-file-read': ({ handle, count = 4096 }) => {
      const file = opened(handle);
      const wanted = inRange(count, LARGEST_READ);
      if (!file.mode.reads) throw new CommandError(`failed to read file: ${BAD_DESCRIPTOR}`);
      const bytes = Buffer.from(bytesOf(file).subarray(file.at, file.at + wanted));
      file.at += bytes.length;
      return {
        count: bytes.length,
        'buf-b64': Base64Data.fromBytes(bytes),
        eof: bytes.length < wanted,
      };
    },
    'guest-file-write': ({ handle, 'buf-b64': data, count }) => {
      const file = opened(handle);
      const given = data.decode();
      const bytes = given.subarray(0, inRange(count ?? given.length, given.length));
      if (!file.mode.writes) throw new CommandError(`failed to write to file: ${BAD_DESCRIPTOR}`);
      const old = bytesOf(file);
      const at = file.mode.appends ? old.length : file.at;
      const whole = Buffer.alloc(Math.max(old.length, at + bytes.length));
      old.copy(whole);
      bytes.copy(whole, at);
      contents.set(file.path, whole);
      file.at = at + bytes.length;
      return { count: bytes.length, eof: false };
    },
    'guest-file-seek': ({ handle, offset, whence }) => {
      const file = opened(handle);
      const from = whences.get(whence);
      if (from === undefined) throw new CommandError(`invalid whence code ${whence}`);
      const base = { set: 0, cur: file.at, end: bytesOf(file).length }[from];
      const at = base + Number(offset);
      if (at < 0) throw new CommandError('failed to seek file: Invalid argument');
      file.at = at;
      return { position: at, eof: false };
    },
    'guest-file-flush': ({ handle }) => void opened(handle),
  };
  return { handlers, contents, open: () => handles.size };
}
