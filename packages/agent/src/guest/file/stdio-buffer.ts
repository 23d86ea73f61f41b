import type { Stats } from 'node:fs';
import { isatty } from 'node:tty';
import {
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
import { type Awaitable, after, attempt, ensure } from '../../awaitable.js';
import type { FileIo } from './file-io.js';
import { INITIAL_READ_BYTES, PendingRead, type StreamRead } from './pending-read.js';
import { PositionedFile } from './positioned-file.js';

/** glibc's buffers have the size of the file's block, at most this. */
const MAX_BUFFER_BYTES = 8192;

const LINE_FEED = 0x0a;

export interface StreamAccess {
  readonly read: boolean;
  readonly write: boolean;
  /** Every write goes to the end of the file; the descriptor is open with `O_APPEND`. */
  readonly append: boolean;
}

/**
 * The buffer of a C stdio stream, with the rules of glibc. One buffer serves both directions. Calls must not overlap. A call
 * that needs no system call, or only such as end at once, returns no promise; it throws where others reject.
 */
export class StdioBuffer {
  readonly #file: PositionedFile;
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

  /** C's error indicator: after a failed flush the next read or write fails. */
  failed = false;

  constructor(fd: number, io: FileIo, access: StreamAccess, stats: Stats) {
    this.#file = new PositionedFile(io);
    this.#access = access;
    this.#regular = stats.isFile();
    this.#lineBuffered = stats.isCharacterDevice() && isatty(fd);
    this.#size = stats.blksize > 0 ? Math.min(stats.blksize, MAX_BUFFER_BYTES) : MAX_BUFFER_BYTES;
  }

  /** Reads `count` bytes into space of `allocate`, fewer at the end of the file or if there are no more now. */
  read(count: number, allocate: (length: number) => Buffer): Awaitable<StreamRead> {
    if (count === 0) return { data: Buffer.alloc(0), eof: false };
    return after(this.#likelyLength(count), (length) =>
      this.#continueRead(new PendingRead(count, allocate(length))),
    );
  }

  #continueRead(read: PendingRead): Awaitable<StreamRead> {
    for (;;) {
      this.#next += read.take(this.#space, this.#next, this.#filled);
      if (read.missing === 0) return read.end(false);
      // Whole blocks are read into the result, the rest through the buffer, a block at a time.
      const direct = read.missing >= this.#size;
      try {
        const got = direct ? this.#readInto(read) : this.#readAhead();
        if (got instanceof Promise) {
          return got.then(
            (bytes) => (bytes === 0 ? read.end(true) : this.#continueRead(read)),
            (error) => read.interrupt(error),
          );
        }
        if (got === 0) return read.end(true);
      } catch (error) {
        return read.interrupt(error);
      }
    }
  }

  /** Returns the initial space: for a regular file the bytes after the kernel's offset, and a block to meet the end. */
  #likelyLength(count: number): Awaitable<number> {
    if (count <= INITIAL_READ_BYTES) return count;
    if (!this.#regular) return INITIAL_READ_BYTES;
    return after(this.#file.size(), (size) => {
      const rest = Number(size - this.#file.offset);
      return Math.min(count, Math.max(rest, 0) + this.#filled - this.#next + this.#size);
    });
  }

  /** Writes the buffered data, and discards data that was read ahead. */
  async flush(): Promise<void> {
    if (this.#writing) {
      await this.drain();
    } else if (this.#next < this.#filled) {
      try {
        await this.#file.seek(BigInt(this.#next - this.#filled), SEEK_CUR);
        this.#filled = this.#next;
      } catch (error) {
        // Without positions the data that was read ahead is kept.
        if (errnoOf(error) !== ESPIPE) throw error;
      }
    }
    this.#file.offsetKnown = false;
  }

  #readAhead(): Awaitable<number> {
    return after(this.#writing ? this.#leaveWriting() : undefined, () => {
      this.#filled = 0;
      this.#next = 0;
      return after(this.#file.read(this.#buffer(), 0, this.#size), (got) => {
        this.#filled = got;
        if (got === 0) this.#file.offsetKnown = false;
        return got;
      });
    });
  }

  #readInto(read: PendingRead): Awaitable<number> {
    return after(this.drain(), () => {
      this.#drainFirst = true;
      this.#filled = 0;
      this.#next = 0;
      const { data, length } = read.withRoom(this.#size);
      const room = data.length - length;
      return after(this.#file.read(data, length, room - (room % this.#size)), (got) => {
        read.length += got;
        return got;
      });
    });
  }

  /** Writes or buffers all of `data`. */
  write(data: Buffer): Awaitable<void> {
    if (data.length === 0) return;
    if (!this.#access.write) throw systemError(EBADF, 'write');
    const lines = this.#lineBuffered ? data.lastIndexOf(LINE_FEED) + 1 : 0;
    let at = 0;
    if (this.#writing && !this.#drainFirst && lines === 0) at = this.#keep(data);
    if (at === data.length) return;

    const rest = data.subarray(at);
    if (this.#writing) return after(this.drain(), () => this.#writeBlocks(rest, lines));
    this.#enterWriting();
    return this.#writeBlocks(rest, lines);
  }

  /** Writes whole blocks, and at least `lines` bytes; buffers the rest. */
  #writeBlocks(data: Buffer, lines: number): Awaitable<void> {
    const direct = Math.max(data.length - (data.length % this.#size), lines);
    return after(direct > 0 ? this.#put(data.subarray(0, direct)) : undefined, () => {
      const at = direct + this.#keep(data.subarray(direct));
      if (at === data.length) return undefined;
      // The buffer had less space than a block if output did not start at its beginning.
      return after(this.drain(), () => void this.#keep(data.subarray(at)));
    });
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

  #leaveWriting(): Awaitable<void> {
    return after(this.drain(), () => {
      this.#writing = false;
    });
  }

  drain(): Awaitable<void> {
    if (this.#dirtyEnd === this.#dirtyStart) return;
    return this.#put(this.#buffer().subarray(this.#dirtyStart, this.#dirtyEnd));
  }

  /** Writes `bytes` at the output position. The buffer is empty afterwards, also after an error. */
  #put(bytes: Buffer): Awaitable<void> {
    if (this.#access.append) this.#file.offsetKnown = false;
    else if (this.#filled !== this.#dirtyStart) {
      const seek = this.#file.seek(BigInt(this.#dirtyStart - this.#filled), SEEK_CUR);
      return after(seek, () => this.#putHere(bytes));
    }
    return this.#putHere(bytes);
  }

  #putHere(bytes: Buffer): Awaitable<void> {
    this.#drainFirst = false;
    const write = (): Awaitable<void> => this.#file.writeAll(bytes);
    const fail = (error: unknown): never => {
      this.failed = true;
      throw error;
    };
    return ensure(
      () => attempt(write, fail),
      () => this.#forget(),
    );
  }

  async seek(distance: bigint, whence: Whence): Promise<bigint> {
    const exact = (this.#writing || this.#filled === 0) && this.#dirtyStart === this.#dirtyEnd;
    if (this.#writing) await this.#leaveWriting();

    const target = await this.#target(distance, whence);
    if (target === undefined) {
      const ahead = whence === SEEK_CUR ? BigInt(this.#filled - this.#next) : 0n;
      return this.#jump(BigInt.asIntN(64, distance - ahead), whence);
    }
    const start = this.#file.offset - BigInt(this.#filled);
    if (this.#file.offsetKnown && target >= start && target < this.#file.offset) {
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
      return this.#regular ? BigInt.asIntN(64, distance + (await this.#file.size())) : undefined;
    }
    if (!this.#file.offsetKnown) return undefined;
    const target = BigInt.asIntN(64, distance - BigInt(this.#filled - this.#next) + this.#file.offset);
    if (target < 0n) throw systemError(EINVAL, 'lseek');
    return target;
  }

  /** Seeks to the start of a block, and reads up to the target, or the whole block. */
  async #seekBlock(target: bigint, exact: boolean): Promise<bigint> {
    const within = Number(BigInt.asUintN(64, target) % BigInt(this.#size));
    const start = await this.#file.seek(target - BigInt(within), SEEK_SET);
    this.#forget();
    if (within === 0) return start;
    const length = exact ? within : this.#size;
    const got = await attempt(
      () => this.#file.read(this.#buffer(), 0, length),
      () => -1,
    );
    if (got < within) return this.#jump(BigInt(got < 0 ? within : within - got), SEEK_CUR);
    this.#filled = got;
    this.#next = within;
    // Devices accept any offset. C moves to this one, too, but it is also the error value.
    if (target === -1n) throw systemError(0, 'lseek');
    return start + BigInt(within);
  }

  async #jump(distance: bigint, whence: Whence): Promise<bigint> {
    const position = await this.#file.seek(distance, whence);
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
}
