import type { Whence } from '@guestwire/posix';
import { type Awaitable, after } from '../../awaitable.js';
import type { FileIo } from './file-io.js';

/** A file whose offset in the kernel is followed, so that it need not be asked for. Calls must not overlap. */
export class PositionedFile {
  readonly #io: FileIo;
  /** The kernel's offset; a guess unless {@link offsetKnown}. */
  offset = 0n;
  offsetKnown = false;

  constructor(io: FileIo) {
    this.#io = io;
  }

  /** Returns the number of bytes read, 0 at the end of the file. */
  read(into: Buffer, at: number, length: number): Awaitable<number> {
    return after(this.#io.read(into, at, length), (got) => {
      this.offset += BigInt(got);
      return got;
    });
  }

  /** Writes `bytes`, from `start` on. */
  writeAll(bytes: Buffer, start = 0): Awaitable<void> {
    for (let at = start; at < bytes.length; ) {
      const written = this.#io.write(bytes, at);
      if (written instanceof Promise) {
        const from = at;
        return written.then((count) => {
          this.offset += BigInt(count);
          return this.writeAll(bytes, from + count);
        });
      }
      this.offset += BigInt(written);
      at += written;
    }
  }

  /** Moves the offset and returns it. */
  seek(distance: bigint, whence: Whence): Awaitable<bigint> {
    return after(this.#io.seek(distance, whence), (offset) => {
      this.offset = offset;
      this.offsetKnown = true;
      return offset;
    });
  }

  size(): Awaitable<bigint> {
    return this.#io.size();
  }
}
