import { Base64Data, CommandError } from '@guestwire/protocol';
import type { FakeHandlers } from '../handlers.js';

/** In-memory files behind the file commands of a fake guest. */
export interface FakeFiles {
  /** To be passed to {@link fakeGuest}. */
  readonly handlers: FakeHandlers;
  /** The contents by path; a test may change them at any time. */
  readonly contents: Map<string, Buffer>;
  /** Returns the number of open handles. */
  openCount(): number;
}

interface OpenFile {
  readonly path: string;
  /** `r`, `w` or `a`, possibly with `+` and `b`. */
  readonly mode: string;
  position: number;
}

const NO_ENTRY = 'No such file or directory';
const BAD_DESCRIPTOR = 'Bad file descriptor';
const MAX_READ_BYTES = 48 * 2 ** 20;

/** The modes of `guest-file-open` (qemu-ga §5.7). */
const MODE = /^[rwa](?:b?\+?|\+b)$/;

function checkCount(count: number | bigint, max: number): number {
  if (count < 0 || count > max) throw new CommandError(`value '${count}' is invalid for argument count`);
  return Number(count);
}

const WHENCES = ['set', 'cur', 'end'];

/**
 * Creates in-memory files for a fake guest, with the file operations and errors of an agent. There are no directories: a file can
 * be created at any path.
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

  const fileOf = (handle: number | bigint): OpenFile => {
    const file = handles.get(Number(handle));
    if (file === undefined) throw new CommandError(`handle '${handle}' has not been found`);
    return file;
  };
  const bytesOf = ({ path }: OpenFile): Buffer => contents.get(path) ?? Buffer.alloc(0);

  const handlers: FakeHandlers = {
    'guest-file-open': ({ path, mode = 'r' }) => {
      if (!MODE.test(mode)) throw new CommandError(`invalid file open mode '${mode}'`);
      if (mode.startsWith('r') && !contents.has(path)) {
        throw new CommandError(`failed to open file '${path}' (mode: '${mode}'): ${NO_ENTRY}`);
      }
      if (mode.startsWith('w') || !contents.has(path)) contents.set(path, Buffer.alloc(0));
      handles.set(nextHandle, { path, mode, position: 0 });
      return nextHandle++;
    },
    'guest-file-close': ({ handle }) => {
      fileOf(handle);
      handles.delete(Number(handle));
    },
    'guest-file-read': ({ handle, count = 4096 }) => {
      const file = fileOf(handle);
      const limit = checkCount(count, MAX_READ_BYTES);
      if (!/[r+]/.test(file.mode)) throw new CommandError(`failed to read file: ${BAD_DESCRIPTOR}`);
      const bytes = Buffer.from(bytesOf(file).subarray(file.position, file.position + limit));
      file.position += bytes.length;
      return { count: bytes.length, 'buf-b64': Base64Data.fromBytes(bytes), eof: bytes.length < limit };
    },
    'guest-file-write': ({ handle, 'buf-b64': data, count }) => {
      const file = fileOf(handle);
      const all = data.decode();
      const bytes = all.subarray(0, checkCount(count ?? all.length, all.length));
      if (!/[wa+]/.test(file.mode)) throw new CommandError(`failed to write to file: ${BAD_DESCRIPTOR}`);
      const old = bytesOf(file);
      const at = file.mode.startsWith('a') ? old.length : file.position;
      const whole = Buffer.alloc(Math.max(old.length, at + bytes.length));
      old.copy(whole);
      bytes.copy(whole, at);
      contents.set(file.path, whole);
      file.position = at + bytes.length;
      return { count: bytes.length, eof: false };
    },
    'guest-file-seek': ({ handle, offset, whence }) => {
      const file = fileOf(handle);
      const code = typeof whence === 'string' ? WHENCES.indexOf(whence) : Number(whence);
      const base = [0, file.position, bytesOf(file).length][code];
      if (base === undefined) throw new CommandError(`invalid whence code ${whence}`);
      const position = base + Number(offset);
      if (position < 0) throw new CommandError('failed to seek file: Invalid argument');
      file.position = position;
      return { position, eof: false };
    },
    'guest-file-flush': ({ handle }) => void fileOf(handle),
  };
  return { handlers, contents, openCount: () => handles.size };
}
