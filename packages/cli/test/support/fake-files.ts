import { Base64Data, CommandError } from '@guestwire/protocol';
import type { FakeHandlers } from '@guestwire/testing';

/** Returns handlers of a guest with these files, one of which can be open at a time. */
export function fakeFiles(files: Map<string, Buffer>): FakeHandlers {
  let open = '';
  let at = 0;
  return {
    'guest-file-open': ({ path, mode = 'r' }) => {
      if (mode === 'r' && !files.has(path)) throw new CommandError(`failed to open file '${path}'`);
      if (mode === 'w') files.set(path, Buffer.alloc(0));
      open = path;
      at = 0;
      return 1000;
    },
    // A few bytes at a time, so that there are several chunks.
    'guest-file-read': () => {
      const file = files.get(open) ?? Buffer.alloc(0);
      const part = file.subarray(at, at + 3);
      at += part.length;
      return { count: part.length, 'buf-b64': Base64Data.fromBytes(part), eof: at >= file.length };
    },
    'guest-file-write': ({ 'buf-b64': data }) => {
      const bytes = data.decode();
      files.set(open, Buffer.concat([files.get(open) ?? Buffer.alloc(0), bytes]));
      return { count: bytes.length, eof: false };
    },
    'guest-file-close': () => undefined,
  };
}
