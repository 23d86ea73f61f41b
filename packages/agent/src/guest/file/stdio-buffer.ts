import type { Stats } from 'node:fs';
import { isatty } from 'node:tty';
import {
  EAGAIN,
  EBADF,
  EINVAL,
  ESPIPE,
  errnoOf,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
  systemError,
  type Whence,
} from '@guestwire/posix';
import type { FileIo } from './file-io.js';

/** glibc's buffers have the size of the file's block, at most this. */
const MAX_BUFFER_BYTES = 8192;

/** Initial space for a read of unknown length. */
const INITIAL_READ_BYTES = 64 * 1024;

const LINE_FEED = 0x0a;

export interface StreamAccess {
  readonly read: boolean;
  readonly write: boolean;
  /** Every write goes to the end of the file; the descriptor is open with `O_APPEND`. */
  readonly append: boolean;
}

export interface StreamRead {
  readonly data: Buffer;
  /** True if a read returned no bytes, not merely if the last byte was read. */
  readonly eof: boolean;
}

/** The buffer of a C stdio stream, with the rules of glibc. One buffer serves both directions. Calls must not overlap. */
export class StdioBuffer {
  readonly #io: FileIo;
  readonly #access: StreamAccess;
  readonly #regular: boolean;
  /** True for a terminal: complete lines are written immediately. */
  readonly #lineBuffered: boolean;
  readonly #size: number;
  /** Allocated on first use: many files are read or written in whole blocks only. */
  #space: Buffer | undefined;

  /** Bytes of the buffer that came from the file; the kernel's offset is after the last. */
  #filled = 0;
  /** Index of the next byte to read. */
  #next = 0;

  /** The buffer holds output: the bytes from `#dirtyStart` to `#dirtyEnd` are not yet written. */
  #writing = false;
  #dirtyStart = 0;
  #dirtyEnd = 0;
  /** Whole blocks were read since the last drain: glibc then drains before it buffers more. */
  #drainFirst = false;

  /** The kernel's offset; a guess unless `#offsetKnown`. */
  #offset = 0n;
  #offsetKnown = false;

  /** C's error indicator: after a failed flush the next read or write fails. */
  failed = false;

  constructor(fd: number, io: FileIo, access: StreamAccess, stats: Stats) {
    this.#io = io;
    this.#access = access;
    this.#regular = stats.isFile();
    this.#lineBuffered = stats.isCharacterDevice() && isatty(fd);
    this.#size = stats.blksize > 0 ? Math.min(stats.blksize, MAX_BUFFER_BYTES) : MAX_BUFFER_BYTES;
  }

  /** Reads `count` bytes into space of `allocate`, fewer at the end of the file or if there are no more now. */
  async read(count: number, allocate: (length: number) => Buffer): Promise<StreamRead> {
    if (count === 0) return { data: Buffer.alloc(0), eof: false };
    let data = allocate(await this.#likelyLength(count));
    let length = 0;
    try {
      while (length < count) {
        const ahead = this.#filled - this.#next;
        if (ahead > 0) {
          if (length === data.length) data = grown(data, count);
          const copied = this.#buffer().copy(data, length, this.#next, this.#filled);
          this.#next += copied;
          length += copied;
          continue;
        }
        // Whole blocks are read into `data`, the rest through the buffer, a block at a time.
        const direct = count - length >= this.#size;
        if (direct && data.length - length < this.#size) data = grown(data, count);
        const got = direct ? await this.#readInto(data, length) : await this.#readAhead();
        if (got === 0) return { data: data.subarray(0, length), eof: true };
        if (direct) length += got;
      }
    } catch (error) {
      if (length === 0 || errnoOf(error) !== EAGAIN) throw error;
    }
    return { data: data.subarray(0, length), eof: false };
  }

  /** Returns the initial space: for a regular file the bytes after the kernel's offset, and a block to meet the end. */
  async #likelyLength(count: number): Promise<number> {
    if (count <= INITIAL_READ_BYTES) return count;
    if (!this.#regular) return INITIAL_READ_BYTES;
    const rest = Number((await this.#io.size()) - this.#offset);
    return Math.min(count, Math.max(rest, 0) + this.#filled - this.#next + this.#size);
  }

  /** Writes the buffered data, and discards data that was read ahead. */
  async flush(): Promise<void> {
    if (this.#writing) {
      await this.drain();
    } else if (this.#next < this.#filled) {
      try {
        await this.#io.seek(BigInt(this.#next - this.#filled), SEEK_CUR);
        this.#filled = this.#next;
      } catch (error) {
        // Without positions the data that was read ahead is kept.
        if (errnoOf(error) !== ESPIPE) throw error;
      }
    }
    this.#offsetKnown = false;
  }

  async #readAhead(): Promise<number> {
    if (this.#writing) await this.#leaveWriting();
    this.#filled = 0;
    this.#next = 0;
    const got = await this.#systemRead(this.#buffer(), 0, this.#size);
    this.#filled = got;
    if (got === 0) this.#offsetKnown = false;
    return got;
  }

  async #readInto(data: Buffer, at: number): Promise<number> {
    await this.drain();
    this.#drainFirst = true;
    this.#filled = 0;
    this.#next = 0;
    const room = data.length - at;
    return this.#systemRead(data, at, room - (room % this.#size));
  }

  /** Writes or buffers all of `data`. */
  async write(data: Buffer): Promise<void> {
    if (data.length === 0) return;
    if (!this.#access.write) throw systemError(EBADF, 'write');
    const lines = this.#lineBuffered ? data.lastIndexOf(LINE_FEED) + 1 : 0;
    let at = 0;
    if (this.#writing && !this.#drainFirst && lines === 0) at = this.#keep(data);
    if (at === data.length) return;

    if (this.#writing) await this.drain();
    else this.#enterWriting();
    const rest = data.length - at;
    const direct = Math.max(rest - (rest % this.#size), lines);
    if (direct > 0) await this.#put(data.subarray(at, at + direct));
    at += direct;
    at += this.#keep(data.subarray(at));
    if (at === data.length) return;

    // The buffer had less space than a block if output did not start at its beginning.
    await this.drain();
    this.#keep(data.subarray(at));
  }

  /** Copies as much into the buffer as fits, and returns the number of bytes. */
  #keep(data: Buffer): number {
    const kept = data.copy(this.#buffer(), this.#dirtyEnd);
    this.#dirtyEnd += kept;
    return kept;
  }

  /** Output starts at the read position, so that the buffer stays aligned to the file's blocks. */
  #enterWriting(): void {
    if (this.#next === this.#size) {
      this.#next = 0;
      this.#filled = 0;
    }
    this.#dirtyStart = this.#next;
    this.#dirtyEnd = this.#next;
    this.#next = this.#filled;
    this.#writing = true;
    this.#drainFirst = false;
  }

  async #leaveWriting(): Promise<void> {
    await this.drain();
    this.#writing = false;
  }

  async drain(): Promise<void> {
    if (this.#dirtyEnd > this.#dirtyStart) {
      await this.#put(this.#buffer().subarray(this.#dirtyStart, this.#dirtyEnd));
    }
  }

  /** Writes `bytes` at the output position. The buffer is empty afterwards, also after an error. */
  async #put(bytes: Buffer): Promise<void> {
    if (this.#access.append) {
      this.#offsetKnown = false;
    } else if (this.#filled !== this.#dirtyStart) {
      await this.#systemSeek(BigInt(this.#dirtyStart - this.#filled), SEEK_CUR);
    }
    this.#drainFirst = false;
    try {
      for (let at = 0; at < bytes.length; ) {
        const written = await this.#io.write(bytes, at);
        at += written;
        this.#offset += BigInt(written);
      }
    } catch (error) {
      this.failed = true;
      throw error;
    } finally {
      this.#forget();
    }
  }

  async seek(distance: bigint, whence: Whence): Promise<bigint> {
    const exact = (this.#writing || this.#filled === 0) && this.#dirtyStart === this.#dirtyEnd;
    if (this.#writing) await this.#leaveWriting();

    const target = await this.#target(distance, whence);
    if (target === undefined) {
      const ahead = whence === SEEK_CUR ? BigInt(this.#filled - this.#next) : 0n;
      return this.#jump(BigInt.asIntN(64, distance - ahead), whence);
    }
    const start = this.#offset - BigInt(this.#filled);
    if (this.#offsetKnown && target >= start && target < this.#offset) {
      this.#next = Number(target - start);
      return target;
    }
    if (!this.#access.read) return this.#jump(target, SEEK_SET);
    return this.#seekBlock(target, exact);
  }

  /** Returns the absolute target in 64 bits, as C computes it; undefined if only the kernel can. */
  async #target(distance: bigint, whence: Whence): Promise<bigint | undefined> {
    if (whence === SEEK_SET) return distance;
    if (whence === SEEK_END) {
      return this.#regular ? BigInt.asIntN(64, distance + (await this.#io.size())) : undefined;
    }
    if (!this.#offsetKnown) return undefined;
    const target = BigInt.asIntN(64, distance - BigInt(this.#filled - this.#next) + this.#offset);
    if (target < 0n) throw systemError(EINVAL, 'lseek');
    return target;
  }

  /** Seeks to the start of a block, and reads up to the target, or the whole block. */
  async #seekBlock(target: bigint, exact: boolean): Promise<bigint> {
    const within = Number(BigInt.asUintN(64, target) % BigInt(this.#size));
    const start = await this.#systemSeek(target - BigInt(within), SEEK_SET);
    this.#forget();
    if (within === 0) return start;
    const got = await this.#systemRead(this.#buffer(), 0, exact ? within : this.#size).catch(() => -1);
    if (got < within) return this.#jump(BigInt(got < 0 ? within : within - got), SEEK_CUR);
    this.#filled = got;
    this.#next = within;
    // Devices accept any offset. C moves to this one, too, but it is also the error value.
    if (target === -1n) throw systemError(0, 'lseek');
    return start + BigInt(within);
  }

  async #jump(distance: bigint, whence: Whence): Promise<bigint> {
    const position = await this.#systemSeek(distance, whence);
    this.#forget();
    return position;
  }

  #forget(): void {
    this.#filled = 0;
    this.#next = 0;
    this.#dirtyStart = 0;
    this.#dirtyEnd = 0;
  }

  #buffer(): Buffer {
    this.#space ??= Buffer.allocUnsafeSlow(this.#size);
    return this.#space;
  }

  async #systemRead(into: Buffer, at: number, length: number): Promise<number> {
    const got = await this.#io.read(into, at, length);
    this.#offset += BigInt(got);
    return got;
  }

  async #systemSeek(distance: bigint, whence: Whence): Promise<bigint> {
    this.#offset = await this.#io.seek(distance, whence);
    this.#offsetKnown = true;
    return this.#offset;
  }
}

function grown(data: Buffer, limit: number): Buffer {
  const larger = Buffer.allocUnsafe(Math.min(limit, Math.max(data.length * 2, INITIAL_READ_BYTES)));
  data.copy(larger);
  return larger;
}
