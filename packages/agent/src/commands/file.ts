import { ESPIPE, errnoOf, SEEK_CUR, SEEK_END, SEEK_SET, type Whence } from '@guestwire/posix';
import { Base64Data, CommandError } from '@guestwire/protocol';
import { fileCommands, type GuestFileWhence } from '@guestwire/protocol/contract';
import type { Int64, ReturnsOf } from '@guestwire/schema';
import { type Awaitable, after, attempt, ensure } from '../awaitable.js';
import { BufferPool } from '../buffer-pool.js';
import type { StreamRead } from '../guest/file/pending-read.js';
import type { StdioStream } from '../guest/file/stdio-stream.js';
import type { Logger } from '../log/logger.js';
import type { ActivePolicy } from '../policy/policy.js';
import { type CommandModule, commandModule } from '../rpc/command-module.js';
import { commandError } from './built-in-module.js';
import { failure, openStream } from './file-open.js';

const DEFAULT_COUNT = 4096;

/** Most bytes that one read returns (qemu-ga §5.7). */
const MAX_COUNT = 48 * 1024 * 1024;

/** Longer base64 text is decoded while it is written, so that its bytes are not in memory as well. */
const MAX_DECODED_AT_ONCE = 2 * 1024 * 1024;

/** A read of more than this takes much memory. */
const LARGE_READ_BYTES = 16 * 1024 * 1024;

type FileCommands = typeof fileCommands;
type Result<Name extends keyof FileCommands> = ReturnsOf<FileCommands[Name]>;

export interface FileOptions {
  readonly log: Logger;
  readonly handles: {
    /** Returns a number that was never used before; rejects with an `OperationError` if it cannot be stored. */
    next(): Promise<Int64>;
  };
  /** The rules for files that are opened from now on. */
  readonly policy?: ActivePolicy;
  /** Called before a read takes memory for more than 16 MiB. */
  readonly onLargeRead?: () => void;
}

/** The file commands and the open files. Disposing flushes and closes the files. */
export interface FileModule extends CommandModule<FileCommands>, AsyncDisposable {}

/** Returns the file commands (qemu-ga §5.7). All hosts share the handles, which outlive connections. */
export function fileModule(options: FileOptions): FileModule {
  const files = new OpenFiles(options);
  const module = commandModule({
    schema: fileCommands,
    traits: {
      'guest-file-open': { mayBlock: true },
      'guest-file-close': { mayBlock: true },
      'guest-file-read': { mayBlock: true },
      'guest-file-write': { mayBlock: true },
      'guest-file-seek': { mayBlock: true },
      'guest-file-flush': { mayBlock: true },
    },
    handlers: {
      'guest-file-open': ({ path, mode = 'r' }, { signal }) => files.open(path, mode, signal),
      'guest-file-close': ({ handle }) => files.close(handle),
      'guest-file-read': ({ handle, count = DEFAULT_COUNT }) =>
        files.use(handle, 'guest-file-read', (file) => files.read(file, handle, count)),
      'guest-file-write': ({ handle, 'buf-b64': data, count }) =>
        files.use(handle, 'guest-file-write', (file) => files.write(file, handle, data, count)),
      'guest-file-seek': ({ handle, offset, whence }) =>
        files.use(handle, 'guest-file-seek', (file) => files.seek(file, offset, whence)),
      'guest-file-flush': ({ handle }) => files.use(handle, 'guest-file-flush', (file) => files.flush(file)),
    },
  });
  return { ...module, [Symbol.asyncDispose]: () => files[Symbol.asyncDispose]() };
}

/** An open file. As in C, a write after a read needs a seek in between, and a read after a write a flush. */
interface OpenFile {
  readonly stream: StdioStream;
  /** The command that uses the stream now. */
  user: string | undefined;
  last: 'new' | 'reading' | 'writing';
}

class OpenFiles implements AsyncDisposable {
  readonly #log: Logger;
  readonly #handles: FileOptions['handles'];
  readonly #policy: ActivePolicy | undefined;
  readonly #files = new Map<Int64, OpenFile>();
  readonly #pool = new BufferPool();
  readonly #onLargeRead: (() => void) | undefined;
  readonly #acquire = (length: number): Buffer => {
    if (length > LARGE_READ_BYTES) this.#onLargeRead?.();
    return this.#pool.acquire(length);
  };
  #disposed = false;

  constructor({ log, handles, policy, onLargeRead }: FileOptions) {
    this.#log = log;
    this.#handles = handles;
    this.#policy = policy;
    this.#onLargeRead = onLargeRead;
  }

  /** @param signal aborts when no host receives the handle */
  async open(path: string, mode: string, signal: AbortSignal): Promise<Result<'guest-file-open'>> {
    this.#log.syslog(`guest-file-open called, filepath: ${path}, mode: ${mode}`);
    const stream = await openStream(path, mode, this.#policy?.current);
    const handle = await this.#handles.next().catch(async (error: unknown) => {
      await stream.close();
      throw commandError(error);
    });
    if (this.#disposed || signal.aborted) {
      await stream.close();
      throw new CommandError(this.#disposed ? 'the agent has ended' : 'no host waits for the handle');
    }
    this.#files.set(handle, { stream, user: undefined, last: 'new' });
    this.#log.syslog(`guest-file-open, handle: ${handle}`);
    return handle;
  }

  async close(handle: Int64): Promise<Result<'guest-file-close'>> {
    this.#log.syslog(`guest-file-close called, handle: ${handle}`);
    const { stream } = this.#find(handle);
    this.#files.delete(handle);
    await orFail('failed to close handle', () => stream.close());
  }

  /**
   * Returns the result of `work` on an open file.
   * @param command works on the file; until it ends, others are refused
   */
  use<T>(handle: Int64, command: string, work: (file: OpenFile) => Awaitable<T>): Awaitable<T> {
    const file = this.#find(handle);
    file.user = command;
    return ensure(
      () => work(file),
      () => {
        file.user = undefined;
      },
    );
  }

  read(file: OpenFile, handle: Int64, count: Int64): Awaitable<Result<'guest-file-read'>> {
    const length = countWithin(count, MAX_COUNT);
    const read = this.#logFailure(handle, () => this.#readFrom(file, length));
    return after(read, ({ data, eof }) => {
      const sent = (): void => this.#pool.release(data);
      return { count: data.length, 'buf-b64': Base64Data.fromBytes(data, sent), eof };
    });
  }

  write(
    file: OpenFile,
    handle: Int64,
    data: Base64Data,
    count: Int64 | undefined,
  ): Awaitable<Result<'guest-file-write'>> {
    return after(file.last === 'reading' ? this.#endReading(file) : undefined, () => {
      const decoded = data.encodedLength <= MAX_DECODED_AT_ONCE ? data.take(this.#acquire) : undefined;
      const source = decoded === undefined ? data : Base64Data.fromBytes(decoded);
      return ensure(
        () => this.#write(file, handle, source, count),
        () => {
          if (decoded === undefined) data.release();
          else this.#pool.release(decoded);
        },
      );
    });
  }

  #write(
    file: OpenFile,
    handle: Int64,
    source: Base64Data,
    count: Int64 | undefined,
  ): Awaitable<Result<'guest-file-write'>> {
    // All of it is checked before any of it is written.
    const available = source.decodedLength();
    const length = count === undefined ? available : countWithin(count, available);
    const write = (): Awaitable<void> => writeTo(file.stream, source, length);
    const written = this.#logFailure(handle, () => orFail('failed to write to file', write));
    return after(written, () => {
      file.last = 'writing';
      return { count: length, eof: false };
    });
  }

  async #endReading(file: OpenFile): Promise<void> {
    await orFail('failed to seek file', () => file.stream.seek(0n, SEEK_CUR));
    file.last = 'new';
  }

  async seek(file: OpenFile, offset: Int64, whence: GuestFileWhence): Promise<Result<'guest-file-seek'>> {
    const seek = file.stream.seek(BigInt(offset), whenceOf(whence)).catch((error: unknown) => {
      if (errnoOf(error) === ESPIPE) file.last = 'new';
      throw error;
    });
    const position = await orFail('failed to seek file', () => seek);
    file.last = 'new';
    const number = Number(position);
    return { position: Number.isSafeInteger(number) ? number : position, eof: false };
  }

  async flush(file: OpenFile): Promise<Result<'guest-file-flush'>> {
    await orFail('failed to flush file', () => file.stream.flush());
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
    if (file.user !== undefined) {
      throw new CommandError(`handle '${handle}' is busy: ${file.user} has not ended`);
    }
    return file;
  }

  #readFrom(file: OpenFile, count: number): Awaitable<StreamRead> {
    return after(file.last === 'writing' ? this.flush(file) : undefined, () => {
      const read = orFail('failed to read file', () => file.stream.read(count, this.#acquire));
      return after(read, (result) => {
        file.last = 'reading';
        return result;
      });
    });
  }

  #logFailure<T>(handle: Int64, work: () => Awaitable<T>): Awaitable<T> {
    return attempt(work, (error) => {
      // qemu-ga names this command for a read, too.
      this.#log.syslog(`guest-file-write failed, handle: ${handle}`);
      throw error;
    });
  }
}

/** Writes the first `length` bytes. A stream buffers portions as it would buffer all bytes at once. */
function writeTo(stream: StdioStream, data: Base64Data, length: number): Awaitable<void> {
  if (length === 0) return stream.write(Buffer.alloc(0));
  const { source } = data;
  return Buffer.isBuffer(source)
    ? stream.write(source.subarray(0, length))
    : writeWindows(stream, data, length);
}

async function writeWindows(stream: StdioStream, data: Base64Data, length: number): Promise<void> {
  let rest = length;
  for (const window of data.windows()) {
    await stream.write(window.subarray(0, rest));
    rest -= window.length;
    if (rest <= 0) return;
  }
}

function orFail<T>(what: string, work: () => Awaitable<T>): Awaitable<T> {
  return attempt(work, (error) => {
    throw failure(what, error);
  });
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
