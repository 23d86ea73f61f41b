import type { TransportLimits } from '../transport/transport.js';

/** The most bytes that an agent reads at once (qemu-ga §5.7). */
const MOST_TO_READ = 48 * 2 ** 20;
/** As base64 in a request, with its frame, that is just less than the 64 MiB that an agent takes (qemu-ga §1.3). */
const MOST_TO_WRITE = 47 * 2 ** 20;
/** Room for a message beside its data: names, numbers, an `id`. */
const FRAME = 512;

function dataWithin(message: number | undefined, most: number): number {
  return message === undefined ? most : Math.min(Math.max(Math.floor((message - FRAME) / 4) * 3, 3), most);
}

/** The most bytes that one `guest-file-read` can bring over this way. */
export function mostPerRead(limits: TransportLimits | undefined): number {
  return dataWithin(limits?.reply, MOST_TO_READ);
}

/** The most bytes that one `guest-file-write` can take over this way. */
export function mostPerWrite(limits: TransportLimits | undefined): number {
  return dataWithin(limits?.request, MOST_TO_WRITE);
}

/** Where to begin: much enough for a quick way, and a few seconds on a serial line of old. */
const FIRST = 256 * 1024;
/** Below this a way that refuses messages does not do so for their length. */
const LEAST = 4096;
/** More than this at once gains nothing, and costs memory on both sides. */
const ENOUGH = 2 ** 20;
/** So many chunks, and bytes, are asked for in one turn at the most. */
const mostTogether = { count: 8, bytes: 8 * 2 ** 20 };
/** Milliseconds that a turn may take: other callers of the guest wait meanwhile. */
const TURN = 200;
/** Milliseconds: a chunk that takes less may be longer, one that takes more should be shorter. */
const QUICK = 100;
const SLOW = 1000;

/**
 * How many bytes to carry with one request. Begins modestly, grows while the way is quick and shrinks where it is slow, so that
 * few requests are needed and progress is still seen; halves when a request is refused.
 */
export class ChunkSize {
  readonly #most: number;
  #size: number;
  /** Milliseconds that a chunk of this size took; unknown at first. */
  #time = Number.POSITIVE_INFINITY;

  /** @param most the most that the way carries; @param fixed what the caller asked for, if he did */
  constructor(most: number, fixed?: number) {
    this.#most = Math.min(most, fixed ?? ENOUGH);
    this.#size = fixed === undefined ? Math.min(FIRST, this.#most) : this.#most;
  }

  /** Bytes. */
  get current(): number {
    return this.#size;
  }

  /** How many chunks of this size can be carried in one turn. */
  get together(): number {
    const { count, bytes } = mostTogether;
    return Math.max(1, Math.min(count, Math.floor(bytes / this.#size), Math.floor(TURN / this.#time)));
  }

  /** The bytes of these. */
  get portion(): number {
    return this.#size * this.together;
  }

  /** So many bytes took so many milliseconds, in so many chunks. */
  took(bytes: number, milliseconds: number, chunks = 1): void {
    if (bytes < this.#size * chunks) return;
    const time = milliseconds / chunks;
    const before = this.#size;
    if (time < QUICK) this.#size = Math.min(before * 2, this.#most);
    else if (time > SLOW) this.#size = Math.max(before >> 1, Math.min(LEAST, this.#most));
    this.#time = (time * this.#size) / before;
  }

  /** A request of this size failed. False if a smaller one would too, as far as can be known. */
  refused(): boolean {
    this.#time = Number.POSITIVE_INFINITY;
    if (this.#size <= LEAST) return false;
    this.#size >>= 1;
    return true;
  }
}
