import { Readable, Writable } from 'node:stream';
import type { ReadableStream, WritableStream } from 'node:stream/web';
import { Base64Data } from '@guestwire/protocol';
import type { GuestFileRead, GuestFileWrite, GuestFileWriteArguments } from '@guestwire/protocol/contract';
import type { GuestCalls } from '../calls.js';
import { GuestError } from '../guest-error.js';
import { bytesOf, countOf } from '../reply-values.js';
import type { CallOptions } from '../time.js';
import { sliceAllocator } from './buffer-pool.js';
import { ChunkSize, maxReadBytes, maxWriteBytes } from './chunk-size.js';
import { type ReadResult, type ReadResults, Transfer, type TransferFile } from './transfer.js';

/** The `fopen` modes of `guest-file-open` (qemu-ga §5.7); a `b` has no effect. */
export type OpenMode = `${'r' | 'w' | 'a'}${'' | 'b' | '+' | 'b+' | '+b'}`;

/** The options of {@link GuestFile.chunks}. */
export interface ChunkOptions extends CallOptions {
  /**
   * Allows a chunk to be overwritten when the next one is requested, which is up to twice as fast. The consumer must have hashed or
   * written each chunk by then; `files.writeFile()` does not, since it reads ahead. False if absent.
   */
  readonly reuse?: boolean;
}

/**
 * A file that is open in the guest, with one position for reads and writes.
 *
 * The handle belongs to the agent: a file that is not closed stays open after the connection ends, until the agent exits.
 */
export class GuestFile implements TransferFile, AsyncDisposable {
  /** The agent's handle. */
  readonly handle: number | bigint;
  /** The path that was opened. */
  readonly path: string;
  readonly #guest: GuestCalls;
  #closing: Promise<void> | undefined;

  /** @internal Use `guest.files.open()`. */
  constructor(guest: GuestCalls, path: string, handle: number | bigint) {
    this.#guest = guest;
    this.path = path;
    this.handle = handle;
  }

  /**
   * Reads up to `count` bytes in one request. The result is shorter at the end of the file, and where the agent (48 MiB) or the
   * transport carries less.
   *
   * @throws {RangeError} if `count` is not a non-negative integer
   */
  async read(count: number, options?: CallOptions): Promise<ReadResult> {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new RangeError(`count must be a non-negative integer, not ${count}`);
    }
    const max = Math.min(count, maxReadBytes(this.#guest.messageLimits));
    const request = { handle: this.handle, count: max };
    return this.#readResult(await this.#guest.call('guest-file-read', request, options), max);
  }

  /** @internal */
  async readMany(count: number, times: number, options?: CallOptions, buffer?: Buffer): Promise<ReadResults> {
    const request = { handle: this.handle, count };
    const requests = Array.from({ length: times }, () => request);
    const allocate = sliceAllocator(count, times, buffer);
    const read = (reply: GuestFileRead): ReadResult => this.#readResult(reply, count, allocate);
    const { returned, error } = await this.#guest.pipeline('guest-file-read', requests, read, options);
    return { results: returned, error };
  }

  #readResult(reply: GuestFileRead, max: number, allocate?: (length: number) => Buffer): ReadResult {
    const data = bytesOf(reply['buf-b64'], 'guest-file-read', allocate);
    const count = countOf(reply.count, 'guest-file-read', 'the bytes that it read', max);
    if (count !== data.length) {
      const message = `guest-file-read: the guest returned a count of ${count} with ${data.length} bytes`;
      throw new GuestError('protocol', message, { command: 'guest-file-read' });
    }
    return { data, eof: reply.eof };
  }

  /**
   * Writes all of the bytes, in as many requests as the transport needs, and returns their number. The agent buffers writes: a full
   * disk may only be reported by a later write, flush or close.
   */
  async write(bytes: Uint8Array, options?: CallOptions): Promise<number> {
    const max = maxWriteBytes(this.#guest.messageLimits);
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + max);
      const { count } = await this.#guest.call('guest-file-write', this.#writeRequest(piece), options);
      const written = this.#writtenCount(count, piece.length);
      if (written === 0) throw this.#shortWrite();
      at += written;
    }
    return bytes.length;
  }

  /** @internal */
  async writeMany(pieces: readonly Uint8Array[], options?: CallOptions): Promise<void> {
    const requests = pieces.map((bytes) => this.#writeRequest(bytes));
    const read = ({ count }: GuestFileWrite): number | bigint => count;
    const { returned, error } = await this.#guest.pipeline('guest-file-write', requests, read, options);
    if (error !== undefined) throw error;
    for (const [index, count] of returned.entries()) {
      const length = pieces[index]?.length ?? 0;
      if (this.#writtenCount(count, length) < length) throw this.#shortWrite();
    }
  }

  #writeRequest(bytes: Uint8Array): GuestFileWriteArguments {
    return { handle: this.handle, 'buf-b64': Base64Data.fromBytes(bytes) };
  }

  #writtenCount(count: number | bigint, max: number): number {
    return countOf(count, 'guest-file-write', 'the bytes that it wrote', max);
  }

  #shortWrite(): GuestError {
    const message = `guest-file-write: the guest wrote only part of the data to ${this.path}`;
    return new GuestError('command', message, { command: 'guest-file-write' });
  }

  /** Moves the position, also beyond the end, and returns the new one in bytes from the start. */
  async seek(
    offset: number | bigint,
    whence: 'set' | 'cur' | 'end' = 'set',
    options?: CallOptions,
  ): Promise<number | bigint> {
    // Agents before 2.6 accept only numbers (qemu-ga §5.7).
    const args = { handle: this.handle, offset, whence: { set: 0, cur: 1, end: 2 }[whence] };
    return (await this.#guest.call('guest-file-seek', args, options)).position;
  }

  /** Passes the agent's buffered writes to the guest's kernel. They are not necessarily on disk then. */
  async flush(options?: CallOptions): Promise<void> {
    await this.#guest.call('guest-file-flush', { handle: this.handle }, options);
  }

  /** Closes the file at the first call. Rejects if buffered writes failed; the file is closed nevertheless. */
  close(options?: CallOptions): Promise<void> {
    this.#closing ??= this.#guest.call('guest-file-close', { handle: this.handle }, options);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Yields the bytes from the position to the end of the file, in chunks that suit the transport. Chunks are read ahead, so the
   * position is undefined until the end. Several chunks share a buffer of up to 8 MiB: copy a chunk to keep it alone.
   */
  async *chunks(options: ChunkOptions = {}): AsyncGenerator<Buffer, void, undefined> {
    const { reuse = false, ...callOptions } = options;
    const chunk = new ChunkSize(maxReadBytes(this.#guest.messageLimits));
    yield* new Transfer(this.#guest, this, chunk, callOptions).receive(undefined, { reuse });
  }

  /** Returns the bytes from the position on as a web stream. The file stays open after the end. */
  readable(): ReadableStream<Uint8Array> {
    const chunks = this.chunks();
    // The global is loaded lazily by Node, an import is not.
    return new globalThis.ReadableStream(
      {
        async pull(controller) {
          const next = await chunks.next();
          if (next.done === true) controller.close();
          else controller.enqueue(next.value);
        },
        async cancel() {
          await chunks.return();
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Returns a web stream that writes from the position on. Closing the stream flushes the file, which stays open. */
  writable(): WritableStream<Uint8Array> {
    return new globalThis.WritableStream({
      write: async (chunk) => void (await this.write(chunk)),
      close: () => this.flush(),
    });
  }

  /** Returns the same as {@link readable} as a Node stream. */
  createReadStream(): Readable {
    return Readable.from(this.chunks(), { objectMode: false });
  }

  /** Returns the same as {@link writable} as a Node stream. */
  createWriteStream(): Writable {
    return Writable.fromWeb(this.writable());
  }
}
