import { ESPIPE, errnoOf, SEEK_CUR, SEEK_END, SEEK_SET, type Whence } from '@guestwire/posix';
import { Base64Data, CommandError } from '@guestwire/protocol';
import { fileCommands, type GuestFileWhence } from '@guestwire/protocol/contract';
import type { Int64 } from '@guestwire/schema';
import { BufferPool } from '../buffer-pool.js';
import type { StdioStream } from '../guest/file/stdio-stream.js';
import type { Logger } from '../log/logger.js';
import { type CommandModule, commandModule } from '../rpc/command-module.js';
import { commandError } from './built-in-module.js';
import { failure, openStream } from './file-open.js';

const DEFAULT_COUNT = 4096;

/** The most that one read returns: 48 MiB (qemu-ga §5.7). */
const MAX_COUNT = 48 * 1024 * 1024;

/** Base64 text that is longer is decoded while it is written: its bytes need not be in memory beside it. */
const DECODED_AT_ONCE = 2 * 1024 * 1024;

/** What the file commands need of the agent. */
export interface FileServices {
  readonly log: Logger;
  readonly handles: {
    /** A number that was never given before; rejects with an `OperationError` if that cannot be made sure. */
    next(): Promise<Int64>;
  };
}

/** The file commands, and the files that hosts have open: disposing of the module flushes and closes them. */
export interface FileModule extends CommandModule<typeof fileCommands>, AsyncDisposable {}

/** An open file. As in C, writing after reading takes a seek in between, and reading after writing a flush. */
interface OpenFile {
  readonly stream: StdioStream;
  last: 'new' | 'reading' | 'writing';
}

/** The commands on files (qemu-ga §5.7). Handles belong to all hosts and outlive their connections. */
export function fileModule({ log, handles }: FileServices): FileModule {
  const files = new Map<Int64, OpenFile>();
  const pool = new BufferPool();
  const allocate = (length: number): Buffer => pool.acquire(length);
  let disposed = false;

  const find = (handle: Int64): OpenFile => {
    const file = files.get(handle);
    if (file === undefined) throw new CommandError(`handle '${handle}' has not been found`);
    return file;
  };

  /** What a read or a write gives; the log is told if it fails. */
  const logged = async <T>(handle: Int64, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      // The reference names this command for a read as well, and who looks for it in a log knows it by that.
      log.syslog(`guest-file-write failed, handle: ${handle}`);
      throw error;
    }
  };

  const module = commandModule({
    schema: fileCommands,
    handlers: {
      async 'guest-file-open'({ path, mode = 'r' }) {
        log.syslog(`guest-file-open called, filepath: ${path}, mode: ${mode}`);
        const stream = await openStream(path, mode);
        const handle = await handles.next().catch(async (error: unknown) => {
          await stream.close();
          throw commandError(error);
        });
        if (disposed) {
          await stream.close();
          throw new CommandError('the agent has ended');
        }
        files.set(handle, { stream, last: 'new' });
        log.syslog(`guest-file-open, handle: ${handle}`);
        return handle;
      },

      async 'guest-file-close'({ handle }) {
        log.syslog(`guest-file-close called, handle: ${handle}`);
        const { stream } = find(handle);
        files.delete(handle);
        await orFail('failed to close handle', stream.close());
      },

      async 'guest-file-read'({ handle, count = DEFAULT_COUNT }) {
        const file = find(handle);
        const length = countWithin(count, MAX_COUNT);
        const { data, eof } = await logged(handle, read(file, length, allocate));
        const sent = (): void => pool.release(data);
        return { count: data.length, 'buf-b64': Base64Data.fromBytes(data, sent), eof };
      },

      async 'guest-file-write'({ handle, 'buf-b64': data, count }) {
        const file = find(handle);
        if (file.last === 'reading') {
          await orFail('failed to seek file', file.stream.seek(0n, SEEK_CUR));
          file.last = 'new';
        }
        const atOnce = data.encodedLength <= DECODED_AT_ONCE ? data.take(allocate) : undefined;
        try {
          const source = atOnce === undefined ? data : Base64Data.fromBytes(atOnce);
          // All of it is checked before any of it is written.
          const available = source.decodedLength();
          const length = count === undefined ? available : countWithin(count, available);
          await logged(handle, orFail('failed to write to file', write(file.stream, source, length)));
          file.last = 'writing';
          return { count: length, eof: false };
        } finally {
          if (atOnce !== undefined) pool.release(atOnce);
        }
      },

      async 'guest-file-seek'({ handle, offset, whence }) {
        const file = find(handle);
        const from = whenceOf(whence);
        const move = file.stream.seek(BigInt(offset), from).catch((error: unknown) => {
          if (errnoOf(error) === ESPIPE) file.last = 'new';
          throw error;
        });
        const position = await orFail('failed to seek file', move);
        file.last = 'new';
        return { position: int64(position), eof: false };
      },

      async 'guest-file-flush'({ handle }) {
        const file = find(handle);
        await orFail('failed to flush file', file.stream.flush());
        file.last = 'new';
      },
    },
  });

  return {
    ...module,
    async [Symbol.asyncDispose]() {
      disposed = true;
      const streams = Array.from(files.values(), ({ stream }) => stream.close());
      files.clear();
      await Promise.allSettled(streams);
    },
  };
}

async function read(
  file: OpenFile,
  count: number,
  allocate: (length: number) => Buffer,
): ReturnType<StdioStream['read']> {
  if (file.last === 'writing') {
    await orFail('failed to flush file', file.stream.flush());
    file.last = 'new';
  }
  const result = await orFail('failed to read file', file.stream.read(count, allocate));
  file.last = 'reading';
  return result;
}

/** Writes the first bytes of the data. A stream buffers portions as it would buffer the whole. */
async function write(stream: StdioStream, data: Base64Data, length: number): Promise<void> {
  if (length === 0) return stream.write(Buffer.alloc(0));
  let rest = length;
  for (const window of data.windows()) {
    await stream.write(window.subarray(0, rest));
    rest -= window.length;
    if (rest <= 0) return;
  }
}

/** What a promise gives; if it fails, a `CommandError` that says what could not be done and why. */
async function orFail<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw failure(what, error);
  }
}

function countWithin(count: Int64, most: number): number {
  if (count < 0 || count > most) throw new CommandError(`value '${count}' is invalid for argument count`);
  return Number(count);
}

function whenceOf(whence: GuestFileWhence): Whence {
  switch (whence) {
    case 'set':
    case SEEK_SET:
      return SEEK_SET;
    case 'cur':
    case SEEK_CUR:
      return SEEK_CUR;
    case 'end':
    case SEEK_END:
      return SEEK_END;
    default:
      throw new CommandError(`invalid whence code ${whence}`);
  }
}

/** A 64-bit integer as the wire has it. */
function int64(value: bigint): Int64 {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
