import { ESPIPE, errnoOf, SEEK_CUR, SEEK_END, SEEK_SET, type Whence } from '@guestwire/posix';
import { Base64Data, CommandError } from '@guestwire/protocol';
import { fileCommands, type GuestFileWhence } from '@guestwire/protocol/contract';
import type { Int64, ReturnsOf } from '@guestwire/schema';
import { BufferPool } from '../buffer-pool.js';
import type { StdioStream } from '../guest/file/stdio-stream.js';
import type { Logger } from '../log/logger.js';
import { type CommandModule, commandModule } from '../rpc/command-module.js';
import { commandError } from './built-in-module.js';
import { failure, openStream } from './file-open.js';

const DEFAULT_COUNT = 4096;

/** Most bytes that one read returns (qemu-ga §5.7). */
const MAX_COUNT = 48 * 1024 * 1024;

/** Longer base64 text is decoded while it is written, so that its bytes are not in memory as well. */
const MAX_DECODED_AT_ONCE = 2 * 1024 * 1024;

type FileCommands = typeof fileCommands;
type Reply<Name extends keyof FileCommands> = Promise<ReturnsOf<FileCommands[Name]>>;

export interface FileOptions {
  readonly log: Logger;
  readonly handles: {
    /** Returns a number that was never used before; rejects with an `OperationError` if it cannot be stored. */
    next(): Promise<Int64>;
  };
}

/** The file commands and the open files. Disposing flushes and closes the files. */
export interface FileModule extends CommandModule<FileCommands>, AsyncDisposable {}

/** Returns the file commands (qemu-ga §5.7). All hosts share the handles, which outlive connections. */
export function fileModule(options: FileOptions): FileModule {
  const files = new OpenFiles(options);
  const module = commandModule({
    schema: fileCommands,
    handlers: {
      'guest-file-open': ({ path, mode = 'r' }) => files.open(path, mode),
      'guest-file-close': ({ handle }) => files.close(handle),
      'guest-file-read': ({ handle, count = DEFAULT_COUNT }) => files.read(handle, count),
      'guest-file-write': ({ handle, 'buf-b64': data, count }) => files.write(handle, data, count),
      'guest-file-seek': ({ handle, offset, whence }) => files.seek(handle, offset, whence),
      'guest-file-flush': ({ handle }) => files.flush(handle),
    },
  });
  return { ...module, [Symbol.asyncDispose]: () => files[Symbol.asyncDispose]() };
}

/** An open file. As in C, a write after a read needs a seek in between, and a read after a write a flush. */
interface OpenFile {
  readonly stream: StdioStream;
  last: 'new' | 'reading' | 'writing';
}

class OpenFiles implements AsyncDisposable {
  readonly #log: Logger;
  readonly #handles: FileOptions['handles'];
  readonly #files = new Map<Int64, OpenFile>();
  readonly #pool = new BufferPool();
  readonly #acquire = (length: number): Buffer => this.#pool.acquire(length);
  #disposed = false;

  constructor({ log, handles }: FileOptions) {
    this.#log = log;
    this.#handles = handles;
  }

  async open(path: string, mode: string): Reply<'guest-file-open'> {
    this.#log.syslog(`guest-file-open called, filepath: ${path}, mode: ${mode}`);
    const stream = await openStream(path, mode);
    const handle = await this.#handles.next().catch(async (error: unknown) => {
      await stream.close();
      throw commandError(error);
    });
    if (this.#disposed) {
      await stream.close();
      throw new CommandError('the agent has ended');
    }
    this.#files.set(handle, { stream, last: 'new' });
    this.#log.syslog(`guest-file-open, handle: ${handle}`);
    return handle;
  }

  async close(handle: Int64): Reply<'guest-file-close'> {
    this.#log.syslog(`guest-file-close called, handle: ${handle}`);
    const { stream } = this.#find(handle);
    this.#files.delete(handle);
    await orFail('failed to close handle', stream.close());
  }

  async read(handle: Int64, count: Int64): Reply<'guest-file-read'> {
    const file = this.#find(handle);
    const length = countWithin(count, MAX_COUNT);
    const { data, eof } = await this.#logFailure(handle, this.#readFrom(file, length));
    const sent = (): void => this.#pool.release(data);
    return { count: data.length, 'buf-b64': Base64Data.fromBytes(data, sent), eof };
  }

  async write(handle: Int64, data: Base64Data, count: Int64 | undefined): Reply<'guest-file-write'> {
    const file = this.#find(handle);
    if (file.last === 'reading') {
      await orFail('failed to seek file', file.stream.seek(0n, SEEK_CUR));
      file.last = 'new';
    }
    const decoded = data.encodedLength <= MAX_DECODED_AT_ONCE ? data.take(this.#acquire) : undefined;
    try {
      const source = decoded === undefined ? data : Base64Data.fromBytes(decoded);
      // All of it is checked before any of it is written.
      const available = source.decodedLength();
      const length = count === undefined ? available : countWithin(count, available);
      const written = orFail('failed to write to file', writeTo(file.stream, source, length));
      await this.#logFailure(handle, written);
      file.last = 'writing';
      return { count: length, eof: false };
    } finally {
      if (decoded !== undefined) this.#pool.release(decoded);
    }
  }

  async seek(handle: Int64, offset: Int64, whence: GuestFileWhence): Reply<'guest-file-seek'> {
    const file = this.#find(handle);
    const seek = file.stream.seek(BigInt(offset), whenceOf(whence)).catch((error: unknown) => {
      if (errnoOf(error) === ESPIPE) file.last = 'new';
      throw error;
    });
    const position = await orFail('failed to seek file', seek);
    file.last = 'new';
    const number = Number(position);
    return { position: Number.isSafeInteger(number) ? number : position, eof: false };
  }

  async flush(handle: Int64): Reply<'guest-file-flush'> {
    const file = this.#find(handle);
    await orFail('failed to flush file', file.stream.flush());
    file.last = 'new';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    const streams = Array.from(this.#files.values(), ({ stream }) => stream.close());
    this.#files.clear();
    await Promise.allSettled(streams);
  }

  #find(handle: Int64): OpenFile {
    const file = this.#files.get(handle);
    if (file === undefined) throw new CommandError(`handle '${handle}' has not been found`);
    return file;
  }

  async #readFrom(file: OpenFile, count: number): ReturnType<StdioStream['read']> {
    if (file.last === 'writing') {
      await orFail('failed to flush file', file.stream.flush());
      file.last = 'new';
    }
    const result = await orFail('failed to read file', file.stream.read(count, this.#acquire));
    file.last = 'reading';
    return result;
  }

  async #logFailure<T>(handle: Int64, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      // qemu-ga names this command for a read, too.
      this.#log.syslog(`guest-file-write failed, handle: ${handle}`);
      throw error;
    }
  }
}

/** Writes the first `length` bytes. A stream buffers portions as it would buffer all bytes at once. */
async function writeTo(stream: StdioStream, data: Base64Data, length: number): Promise<void> {
  if (length === 0) return stream.write(Buffer.alloc(0));
  let rest = length;
  for (const window of data.windows()) {
    await stream.write(window.subarray(0, rest));
    rest -= window.length;
    if (rest <= 0) return;
  }
}

async function orFail<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw failure(what, error);
  }
}

function countWithin(count: Int64, max: number): number {
  if (count < 0 || count > max) throw new CommandError(`value '${count}' is invalid for argument count`);
  return Number(count);
}

const WHENCES = new Map<GuestFileWhence, Whence>([
  ['set', SEEK_SET],
  ['cur', SEEK_CUR],
  ['end', SEEK_END],
  [SEEK_SET, SEEK_SET],
  [SEEK_CUR, SEEK_CUR],
  [SEEK_END, SEEK_END],
]);

function whenceOf(whence: GuestFileWhence): Whence {
  const value = WHENCES.get(whence);
  if (value === undefined) throw new CommandError(`invalid whence code ${whence}`);
  return value;
}
