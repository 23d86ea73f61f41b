import { Readable, Writable } from 'node:stream';
import type { ReadableStream, WritableStream } from 'node:stream/web';
import { Base64Data } from '@guestwire/protocol';
import type { GuestFileRead, GuestFileWrite, GuestFileWriteArguments } from '@guestwire/protocol/contract';
import type { GuestCalls } from '../calls.js';
import type { CallOptions } from '../deadline.js';
import { GuestError } from '../guest-error.js';
import { bytesOf, countOf } from '../reply-values.js';
import { ChunkSize, mostPerRead, mostPerWrite } from './chunk-size.js';
import { Slab } from './memory.js';
import { receiveFrom } from './transfer.js';

/** What a read brought. */
export interface ReadResult {
  readonly data: Buffer;
  /** True if the read met the end of the file. */
  readonly eof: boolean;
}

/** How the bytes of a file are taken. */
export interface ChunkOptions extends CallOptions {
  /**
   * Whether a chunk may be overwritten as soon as the next one is asked for. Who has done with each by then, because it has
   * been hashed or written, is served up to twice as quickly. `files.writeFile()` has not: it holds on to chunks while it asks for
   * more. False if absent: each chunk stays what it is.
   */
  readonly reuse?: boolean;
}

/**
 * A file that is open in the guest. It has one position, from which reads and writes go on.
 *
 * Open files belong to the agent: one that is not closed stays open when the connection ends, until the agent does.
 */
export class GuestFile implements AsyncDisposable {
  /** The agent's number for it. */
  readonly handle: number | bigint;
  /** The path that it was opened by. */
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
   * Reads up to `count` bytes, in one request: fewer at the end of the file, and where the way does not carry so much at
   * once. An agent takes no more than 48 MiB.
   *
   * @throws {RangeError} if `count` is not a whole number, 0 or more
   */
  async read(count: number, limits?: CallOptions): Promise<ReadResult> {
    if (!Number.isSafeInteger(count) || count < 0)
      throw new RangeError(`${count} is no number of bytes to read`);
    const most = Math.min(count, mostPerRead(this.#guest.messageLimits));
    const request = { handle: this.handle, count: most };
    return this.#read(await this.#guest.call('guest-file-read', request, limits), most);
  }

  /**
   * Reads several times, `count` bytes each, in one turn.
   *
   * @param memory where to put what is read, without gaps: `count` bytes as many times at least; memory of its own if absent
   * @returns what was read until one failed, and why that did
   * @internal
   */
  async readAll(
    count: number,
    times: number,
    limits?: CallOptions,
    memory?: Buffer,
  ): Promise<{ readonly results: readonly ReadResult[]; readonly error: GuestError | undefined }> {
    const request = { handle: this.handle, count };
    const all = Array.from({ length: times }, () => request);
    const slab = new Slab(count, times, memory);
    const read = (reply: GuestFileRead): ReadResult =>
      this.#read(reply, count, (length) => slab.take(length));
    const { returned, error } = await this.#guest.pipeline('guest-file-read', all, read, limits);
    return { results: returned, error };
  }

  #read(reply: GuestFileRead, most: number, allocate?: (length: number) => Buffer): ReadResult {
    const data = bytesOf(reply['buf-b64'], 'guest-file-read', allocate);
    const said = countOf(reply.count, 'guest-file-read', 'the bytes that it read', most);
    if (said !== data.length) {
      const message = `guest-file-read: the guest said ${said} bytes and sent ${data.length}`;
      throw new GuestError('protocol', message, { command: 'guest-file-read' });
    }
    return { data, eof: reply.eof };
  }

  /**
   * Writes all of the bytes, in as many requests as the way needs; gives their number. The agent buffers: that a disk is
   * full may show only at a later write, a flush or the close.
   */
  async write(bytes: Uint8Array, limits?: CallOptions): Promise<number> {
    const most = mostPerWrite(this.#guest.messageLimits);
    for (let at = 0; at < bytes.length; ) {
      at += await this.#writeOnce(bytes.subarray(at, at + most), limits);
    }
    return bytes.length;
  }

  /**
   * Writes several pieces in one turn. If not all of it is written, where the file then stands is not known.
   *
   * @internal
   */
  async writeAll(pieces: readonly Uint8Array[], limits?: CallOptions): Promise<void> {
    const all = pieces.map((bytes) => this.#writeRequest(bytes));
    const countIn = ({ count }: GuestFileWrite): number | bigint => count;
    const { returned, error } = await this.#guest.pipeline('guest-file-write', all, countIn, limits);
    if (error !== undefined) throw error;
    for (const [index, count] of returned.entries()) {
      const length = pieces[index]?.length ?? 0;
      if (this.#written(count, length) < length) throw this.#tookLess();
    }
  }

  async #writeOnce(bytes: Uint8Array, limits: CallOptions | undefined): Promise<number> {
    const { count } = await this.#guest.call('guest-file-write', this.#writeRequest(bytes), limits);
    const written = this.#written(count, bytes.length);
    if (written === 0) throw this.#tookLess();
    return written;
  }

  #writeRequest(bytes: Uint8Array): GuestFileWriteArguments {
    return { handle: this.handle, 'buf-b64': Base64Data.fromBytes(bytes) };
  }

  #written(count: number | bigint, most: number): number {
    return countOf(count, 'guest-file-write', 'the bytes that it wrote', most);
  }

  #tookLess(): GuestError {
    const message = `guest-file-write: the guest did not take all that was to be written to ${this.path}`;
    return new GuestError('command', message, { command: 'guest-file-write' });
  }

  /** Moves the position, also beyond the end; gives the new one, in bytes from the beginning. */
  async seek(
    offset: number | bigint,
    whence: 'set' | 'cur' | 'end' = 'set',
    limits?: CallOptions,
  ): Promise<number | bigint> {
    // Agents before 2.6 know the numbers only (qemu-ga §5.7).
    const number = { set: 0, cur: 1, end: 2 }[whence];
    const args = { handle: this.handle, offset, whence: number };
    return (await this.#guest.call('guest-file-seek', args, limits)).position;
  }

  /** Hands what the agent has buffered to the guest's operating system, which is not yet the disk. */
  async flush(limits?: CallOptions): Promise<void> {
    await this.#guest.call('guest-file-flush', { handle: this.handle }, limits);
  }

  /** Closes it, at the first call. Rejects if what was buffered could not be written; it is closed then, too. */
  close(limits?: CallOptions): Promise<void> {
    this.#closing ??= this.#guest.call('guest-file-close', { handle: this.handle }, limits);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Its bytes, from the position on to the end of the file, in chunks that suit the way. They are checked as they come.
   * More than was taken may have been read already, so the position is of no use until the end. Several chunks share a piece
   * of memory, of 8 MiB at most: who keeps one of many should keep a copy.
   */
  async *chunks(options: ChunkOptions = {}): AsyncGenerator<Buffer, void, undefined> {
    const { reuse = false, ...limits } = options;
    const size = new ChunkSize(mostPerRead(this.#guest.messageLimits));
    yield* receiveFrom({ guest: this.#guest, file: this, size, limits }, undefined, { reuse });
  }

  /** Its bytes from the position on, as a web stream. The file stays open when that ends. */
  readable(): ReadableStream<Uint8Array> {
    const chunks = this.chunks();
    // By its global name: Node loads the class when that is read, and programs that stream nothing start sooner.
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

  /** Takes bytes for the position on, as a web stream. Closing that flushes the file, which stays open. */
  writable(): WritableStream<Uint8Array> {
    return new globalThis.WritableStream({
      write: async (chunk) => void (await this.write(chunk)),
      close: () => this.flush(),
    });
  }

  /** As {@link readable}, as a stream of Node's. */
  createReadStream(): Readable {
    return Readable.from(this.chunks(), { objectMode: false });
  }

  /** As {@link writable}, as a stream of Node's. */
  createWriteStream(): Writable {
    return Writable.fromWeb(this.writable());
  }
}
