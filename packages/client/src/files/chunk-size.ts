import type { TransportLimits } from '../transport/transport.js';

/** The largest read of an agent (qemu-ga §5.7). */
const MAX_READ_BYTES = 48 * 2 ** 20;
/** As base64 in a request, just less than the 64 MiB that an agent accepts (qemu-ga §1.3). */
const MAX_WRITE_BYTES = 47 * 2 ** 20;
/** Room in a message for everything but its data. */
const MESSAGE_OVERHEAD_BYTES = 512;

const INITIAL_CHUNK_BYTES = 256 * 1024;
/** A transport that refuses messages of this size refuses them for another reason. */
const MIN_CHUNK_BYTES = 4096;
/** Larger chunks are not faster, and cost memory on both sides. */
const MAX_ADAPTIVE_CHUNK_BYTES = 2 ** 20;
const MAX_PIPELINE_DEPTH = 8;
const MAX_PIPELINE_BYTES = 8 * 2 ** 20;
/** Other callers of the guest wait while a pipeline runs. */
const MAX_PIPELINE_MS = 200;
/** Chunks that take less time grow. */
const FAST_CHUNK_MS = 100;
/** Chunks that take more time shrink. */
const SLOW_CHUNK_MS = 1000;

function payloadBytes(messageBytes: number | undefined, max: number): number {
  if (messageBytes === undefined) return max;
  return Math.min(Math.max(Math.floor((messageBytes - MESSAGE_OVERHEAD_BYTES) / 4) * 3, 3), max);
}

/** Returns the most bytes that one `guest-file-read` can return over a transport. */
export function maxReadBytes(limits: TransportLimits): number {
  return payloadBytes(limits.reply, MAX_READ_BYTES);
}

/** Returns the most bytes that one `guest-file-write` can carry over a transport. */
export function maxWriteBytes(limits: TransportLimits): number {
  return payloadBytes(limits.request, MAX_WRITE_BYTES);
}

/** The size of chunks, which adapts to the speed of the transport: few requests, but visible progress on slow lines. */
export class ChunkSize {
  readonly #max: number;
  #bytes: number;
  /** Milliseconds for one chunk of this size. */
  #time = Number.POSITIVE_INFINITY;

  /** @param fixed a size chosen by the caller, which only shrinks when a request fails */
  constructor(max: number, fixed?: number) {
    this.#max = Math.min(max, fixed ?? MAX_ADAPTIVE_CHUNK_BYTES);
    this.#bytes = fixed === undefined ? Math.min(INITIAL_CHUNK_BYTES, this.#max) : this.#max;
  }

  /** The size of one chunk in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The number of chunks to pipeline. */
  get pipelineDepth(): number {
    const depth = Math.min(
      MAX_PIPELINE_DEPTH,
      Math.floor(MAX_PIPELINE_BYTES / this.#bytes),
      Math.floor(MAX_PIPELINE_MS / this.#time),
    );
    return Math.max(1, depth);
  }

  /** The bytes of all chunks of one pipeline. */
  get pipelineBytes(): number {
    return this.#bytes * this.pipelineDepth;
  }

  /** Adapts the size to the time that a transfer of some chunks took. */
  record(bytes: number, milliseconds: number, chunks = 1): void {
    if (bytes < this.#bytes * chunks) return;
    const time = milliseconds / chunks;
    const before = this.#bytes;
    if (time < FAST_CHUNK_MS) this.#bytes = Math.min(before * 2, this.#max);
    else if (time > SLOW_CHUNK_MS) this.#bytes = Math.max(before >> 1, Math.min(MIN_CHUNK_BYTES, this.#max));
    this.#time = (time * this.#bytes) / before;
  }

  /** Halves the size after a failure; returns false if the size cannot be the reason. */
  shrink(): boolean {
    this.#time = Number.POSITIVE_INFINITY;
    if (this.#bytes <= MIN_CHUNK_BYTES) return false;
    this.#bytes >>= 1;
    return true;
  }
}
