import { Base64Data, CommandError } from '@guestwire/protocol';
import type { FakeHandlers } from '@guestwire/testing';

/** Files that live in memory, behind the file commands of a fake guest. */
export interface MemoryFiles {
  readonly handlers: FakeHandlers;
  /** What the files hold, by path. */
  readonly contents: Map<string, Buffer>;
  /** How many are open. */
  readonly open: () => number;
}

interface Open {
  readonly path: string;
  readonly append: boolean;
  at: number;
}

export const memoryFiles = (initial: Readonly<Record<string, Uint8Array>> = {}): MemoryFiles => {
  const contents = new Map(Object.entries(initial).map(([path, bytes]) => [path, Buffer.from(bytes)]));
  const handles = new Map<number, Open>();
  let next = 1000;

  const opened = (handle: number | bigint): Open => {
    const file = handles.get(Number(handle));
    if (file === undefined) throw new CommandError(`handle '${handle}' has not been found`);
    return file;
  };
  const bytesOf = ({ path }: Open): Buffer => contents.get(path) ?? Buffer.alloc(0);

  const handlers: FakeHandlers = {
    'guest-file-open': ({ path, mode = 'r' }) => {
      if (mode.startsWith('r') && !contents.has(path)) {
        throw new CommandError(`failed to open file '${path}' (mode: '${mode}'): No such file or directory`);
      }
      if (mode.startsWith('w') || !contents.has(path)) contents.set(path, Buffer.alloc(0));
      handles.set(next, { path, append: mode.startsWith('a'), at: 0 });
      return next++;
    },
    'guest-file-close': ({ handle }) => {
      opened(handle);
      handles.delete(Number(handle));
    },
    'guest-file-read': ({ handle, count = 4096 }) => {
      const file = opened(handle);
      const bytes = bytesOf(file).subarray(file.at, file.at + Number(count));
      file.at += bytes.length;
      return {
        count: bytes.length,
        'buf-b64': Base64Data.fromBytes(Buffer.from(bytes)),
        eof: bytes.length < Number(count),
      };
    },
    'guest-file-write': ({ handle, 'buf-b64': data }) => {
      const file = opened(handle);
      const old = bytesOf(file);
      const bytes = data.decode();
      const at = file.append ? old.length : file.at;
      const whole = Buffer.alloc(Math.max(old.length, at + bytes.length));
      old.copy(whole);
      bytes.copy(whole, at);
      contents.set(file.path, whole);
      file.at = at + bytes.length;
      return { count: bytes.length, eof: false };
    },
    'guest-file-seek': ({ handle, offset, whence }) => {
      const file = opened(handle);
      const from = [0, file.at, bytesOf(file).length][Number(whence)] ?? 0;
      file.at = from + Number(offset);
      return { position: file.at, eof: false };
    },
    'guest-file-flush': ({ handle }) => void opened(handle),
  };
  return { handlers, contents, open: () => handles.size };
};
