import { isatty } from 'node:tty';
import {
  closeFd,
  EAGAIN,
  EBADF,
  EINVAL,
  ESPIPE,
  errnoOf,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
  statFd,
  systemError,
  type Whence,
} from '@guestwire/posix';
import { type FileIo, fileIo } from './file-io.js';

/** glibc's buffers are as large as the file's block, but no larger than this. */
const BUFFER_MAX = 8192;

/** Space for a read whose length nobody can know beforehand begins with this. */
const FIRST_GROWTH = 64 * 1024;

const LINE_FEED = 0x0a;

/** What a stream may do. */
export interface StreamAccess {
  readonly read: boolean;
  readonly write: boolean;
  /** Every write goes to the end of the file; the descriptor is open with `O_APPEND`. */
  readonly append: boolean;
}

/** What a read gave. */
export interface StreamRead {
  readonly data: Buffer;
  /** True if the end of the file was met, not merely reached. */
  readonly eof: boolean;
}

/**
 * A stream of C's stdio over a descriptor, as glibc buffers it: when bytes reach the file, and what a later reader
 * of the same stream still sees, is what a host can observe (qemu-ga §5.7). One buffer serves both directions.
 * As in C, who writes after reading seeks in between, and who reads after writing flushes or seeks.
 *
 * All methods reject with system errors. One at a time: the next call waits for the promise of the last. Only `close`
 * may be called at any time: it waits for what is under way, and what comes later fails.
 * A descriptor without data or space answers at once (`O_NONBLOCK`); a slow disk holds up a thread of the pool only
 * ({@link FileIo}).
 */
export class StdioStream {
  readonly #fd: number;
  readonly #io: FileIo;
  readonly #access: StreamAccess;
  readonly #regular: boolean;
  /** A terminal: every complete line is written at once. */
  readonly #lineBuffered: boolean;
  readonly #size: number;
  /** Had when first needed: many a file is read or written in whole blocks only. */
  #space: Buffer | undefined;

  /** So many bytes of the buffer came from the file; the kernel's offset stands behind the last of them. */
  #filled = 0;
  /** The next byte of the buffer to be read. */
  #next = 0;

  /** The buffer holds output: its bytes from `#dirtyStart` to `#dirtyEnd` have yet to be written. */
  #writing = false;
  #dirtyStart = 0;
  #dirtyEnd = 0;
  /** Whole blocks were read since output was last drained: glibc then drains before it takes more. */
  #drainFirst = false;

  /** The kernel's offset as far as it can be told; a guess unless `#offsetKnown`. */
  #offset = 0n;
  #offsetKnown = false;

  /** C's error indicator, left standing by a failed flush for the next read or write to stumble over. */
  #failed = false;

  /** Settles when nothing is under way any more. */
  #idle: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(
    fd: number,
    io: FileIo,
    access: StreamAccess,
    regular: boolean,
    lineBuffered: boolean,
    size: number,
  ) {
    this.#fd = fd;
    this.#io = io;
    this.#access = access;
    this.#regular = regular;
    this.#lineBuffered = lineBuffered;
    this.#size = size;
  }

  /** Makes a stream of a descriptor that was just opened; the stream closes it. */
  static async attach(fd: number, access: StreamAccess): Promise<StdioStream> {
    const stats = await statFd(fd);
    const size = stats.blksize > 0 && stats.blksize < BUFFER_MAX ? stats.blksize : BUFFER_MAX;
    const terminal = stats.isCharacterDevice() && isatty(fd);
    const io = await fileIo(fd, stats.isFile());
    return new StdioStream(fd, io, access, stats.isFile(), terminal, size);
  }

  /**
   * Reads `count` bytes, fewer at the end of the file or where a source that never blocks has no more just now.
   * Space is had for what is there, not for what was asked.
   *
   * @param allocate gives the space, if it can be had in one piece
   */
  read(count: number, allocate: (length: number) => Buffer = Buffer.allocUnsafe): Promise<StreamRead> {
    return this.#watched(() => this.#read(count, allocate));
  }

  /** Writes all of `data`, or fails; what was buffered before is lost then, as in C. */
  write(data: Buffer): Promise<void> {
    return this.#watched(() => this.#write(data));
  }

  /** Moves the position and says where it is then. */
  seek(distance: bigint, whence: Whence): Promise<bigint> {
    return this.#alone(async () => {
      try {
        return await this.#seek(distance, whence);
      } finally {
        this.#failed = false;
      }
    });
  }

  /** Hands what is buffered to the kernel, and forgets what was read ahead. */
  flush(): Promise<void> {
    return this.#alone(() => this.#flush());
  }

  async #flush(): Promise<void> {
    if (this.#writing) {
      await this.#drain();
    } else if (this.#next < this.#filled) {
      try {
        await this.#io.seek(BigInt(this.#next - this.#filled), SEEK_CUR);
        this.#filled = this.#next;
      } catch (error) {
        // What has no positions keeps what was read ahead.
        if (errnoOf(error) !== ESPIPE) throw error;
      }
    }
    this.#offsetKnown = false;
  }

  /** Writes what is buffered and closes the descriptor, which is gone whether or not this fails. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#idle;
    try {
      if (this.#writing) await this.#drain();
    } catch (error) {
      await closeFd(this.#fd).catch(() => {});
      throw error;
    }
    await closeFd(this.#fd);
  }

  /** Ends with the error indicator clear; if it stood already, the operation counts as failed for no known reason. */
  #watched<T>(operation: () => Promise<T>): Promise<T> {
    return this.#alone(async () => {
      const failed = this.#failed;
      try {
        const result = await operation();
        if (failed) throw systemError(0, 'earlier write');
        return result;
      } finally {
        this.#failed = false;
      }
    });
  }

  /** The descriptor's number may be another file's once this one is closed: nothing may be under way then. */
  #alone<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(systemError(EBADF, 'stream'));
    const work = operation();
    this.#idle = work.catch(() => {});
    return work;
  }

  async #read(count: number, allocate: (length: number) => Buffer): Promise<StreamRead> {
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
        // Whole blocks go where they are wanted; the rest comes through the buffer, which takes a block.
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

  /**
   * How much space to begin with. Of a regular file about that much will come as lies behind the kernel's offset;
   * a block more lets the end of the file be met.
   */
  async #likelyLength(count: number): Promise<number> {
    if (count <= FIRST_GROWTH) return count;
    if (!this.#regular) return FIRST_GROWTH;
    const behind = (await this.#io.size()) - this.#offset;
    return Math.min(count, Math.max(Number(behind), 0) + this.#filled - this.#next + this.#size);
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
    await this.#drain();
    this.#drainFirst = true;
    this.#filled = 0;
    this.#next = 0;
    const room = data.length - at;
    return this.#systemRead(data, at, room - (room % this.#size));
  }

  async #write(data: Buffer): Promise<void> {
    if (data.length === 0) return;
    if (!this.#access.write) throw systemError(EBADF, 'write');
    const lines = this.#lineBuffered ? data.lastIndexOf(LINE_FEED) + 1 : 0;
    let at = 0;
    if (this.#writing && !this.#drainFirst && lines === 0) at = this.#keep(data);
    if (at === data.length) return;

    if (this.#writing) await this.#drain();
    else this.#enterWriting();
    const rest = data.length - at;
    const direct = Math.max(rest - (rest % this.#size), lines);
    if (direct > 0) await this.#put(data.subarray(at, at + direct));
    at += direct;
    at += this.#keep(data.subarray(at));
    if (at === data.length) return;

    // A buffer that output entered behind its beginning was shorter than a block.
    await this.#drain();
    this.#keep(data.subarray(at));
  }

  /** Takes as much into the buffer as there is room for, and says how much. */
  #keep(data: Buffer): number {
    const kept = data.copy(this.#buffer(), this.#dirtyEnd);
    this.#dirtyEnd += kept;
    return kept;
  }

  /** Output begins where reading stood, so that the buffer goes on mirroring the file's blocks. */
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
    await this.#drain();
    this.#writing = false;
  }

  /** Writes what waits in the buffer. */
  async #drain(): Promise<void> {
    if (this.#dirtyEnd > this.#dirtyStart) {
      await this.#put(this.#buffer().subarray(this.#dirtyStart, this.#dirtyEnd));
    }
  }

  /** Writes `bytes` where output stands. The buffer is empty afterwards, also when the kernel did not take them. */
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
      this.#failed = true;
      throw error;
    } finally {
      this.#forget();
    }
  }

  async #seek(distance: bigint, whence: Whence): Promise<bigint> {
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

  /** The absolute position that is asked for, in 64 bits as C computes it; undefined if only the kernel knows. */
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

  /** Seeks to the beginning of a block and reads up to the target, or all of the block if it will be read anyway. */
  async #seekBlock(target: bigint, exact: boolean): Promise<bigint> {
    const within = Number(BigInt.asUintN(64, target) % BigInt(this.#size));
    const start = await this.#systemSeek(target - BigInt(within), SEEK_SET);
    this.#forget();
    if (within === 0) return start;
    const got = await this.#systemRead(this.#buffer(), 0, exact ? within : this.#size).catch(() => -1);
    if (got < within) return this.#jump(BigInt(got < 0 ? within : within - got), SEEK_CUR);
    this.#filled = got;
    this.#next = within;
    // Devices take any offset. C has moved to this one too, but takes it for its own sign of failure.
    if (target === -1n) throw systemError(0, 'lseek');
    return start + BigInt(within);
  }

  /** Leaves it to the kernel where the position is. */
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

/** The same bytes with more space behind them, at most `limit`. */
function grown(data: Buffer, limit: number): Buffer {
  const larger = Buffer.allocUnsafe(Math.min(limit, Math.max(data.length * 2, FIRST_GROWTH)));
  data.copy(larger);
  return larger;
}
