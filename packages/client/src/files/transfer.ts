import type { GuestCalls } from '../calls.js';
import { GuestError, isGuestError } from '../guest-error.js';
import type { CallOptions } from '../time.js';
import { BufferPool } from './buffer-pool.js';
import type { ChunkSize } from './chunk-size.js';

/** The result of one read. */
export interface ReadResult {
  readonly data: Buffer;
  /** True if the read reached the end of the file. */
  readonly eof: boolean;
}

/** The results of pipelined reads before the first failure, and its error. */
export interface ReadResults {
  readonly results: readonly ReadResult[];
  readonly error: GuestError | undefined;
}

/** What a transfer uses of an open file in the guest. */
export interface TransferFile {
  readonly path: string;
  /** Pipelines `times` reads of `count` bytes each, into `buffer` without gaps if given. */
  readMany(count: number, times: number, options?: CallOptions, buffer?: Buffer): Promise<ReadResults>;
  /** Pipelines one write for each piece. After a failure, the position is not known. */
  writeMany(pieces: readonly Uint8Array[], options?: CallOptions): Promise<void>;
  seek(offset: number, whence?: 'set' | 'cur' | 'end', options?: CallOptions): Promise<number | bigint>;
  flush(options?: CallOptions): Promise<void>;
  close(options?: CallOptions): Promise<void>;
}

interface ReceivedBatch extends ReadResults {
  readonly bytes: number;
  readonly eof: boolean;
  readonly buffer: Buffer | undefined;
}

const MAX_RECONNECTS = 3;
const CLOSE_TIMEOUT_MS = 5000;

function mayBeTooLarge(error: unknown): boolean {
  return isGuestError(error, 'protocol') || isGuestError(error, 'timeout') || isGuestError(error, 'command');
}

function advance(position: number | undefined, bytes: number): number | undefined {
  return position === undefined ? undefined : position + bytes;
}

/**
 * Carries the contents of one open file. A step that fails is repeated from the same position, with smaller chunks or
 * over a new connection, unless the position is not known (`undefined`).
 */
export class Transfer {
  readonly #guest: GuestCalls;
  readonly #file: TransferFile;
  readonly #chunk: ChunkSize;
  readonly #options: CallOptions | undefined;

  constructor(guest: GuestCalls, file: TransferFile, chunk: ChunkSize, options?: CallOptions) {
    this.#guest = guest;
    this.#file = file;
    this.#chunk = chunk;
    this.#options = options;
  }

  /**
   * Writes batches of {@link ChunkSize.pipelineBytes} bytes; the next batch is fetched while one is sent. Returns the
   * bytes written. `sending` is called when a batch is sent, `sent` with its length and the total when it has arrived.
   */
  async send(
    position: number | undefined,
    batches: AsyncIterable<Uint8Array>,
    events: { sending?(batch: Uint8Array): void; sent(length: number, total: number): void },
  ): Promise<number> {
    let total = 0;
    let last = Promise.resolve();
    for await (const batch of batches) {
      await last;
      const sending = this.#sendBatch(advance(position, total), batch);
      events.sending?.(batch);
      total += batch.length;
      const after = total;
      last = sending.then(() => events.sent(batch.length, after));
      // It is awaited with the next batch.
      last.catch(() => {});
    }
    await last;
    return total;
  }

  /**
   * Yields at most `length` bytes of the file; the next batch is fetched while one is consumed. With `reuse`, a chunk may
   * be overwritten when the next one is requested.
   */
  async *receive(
    position: number | undefined,
    { length = Number.MAX_SAFE_INTEGER, reuse = false }: { length?: number; reuse?: boolean } = {},
  ): AsyncIterable<Buffer> {
    const pool = reuse ? new BufferPool() : undefined;
    let at = 0;
    const fetch = (): Promise<ReceivedBatch> =>
      this.#retry(advance(position, at), () => this.#receiveBatch(length - at, pool));
    if (length <= 0) return;
    let next = fetch();
    for (;;) {
      const { results, bytes, eof, error, buffer } = await next;
      at += bytes;
      const isLast = eof || at >= length;
      if (!isLast && error === undefined) {
        next = fetch();
        // The consumer may stop before it is awaited.
        next.catch(() => {});
      }
      for (const { data } of results) if (data.length > 0) yield data;
      if (buffer !== undefined) pool?.release(buffer);
      if (isLast) return;
      if (error !== undefined) {
        // Reads that the agent carried out after the failed one moved the position.
        if (position === undefined) throw error;
        await this.#file.seek(position + at, 'set', this.#options);
        next = fetch();
      } else if (bytes === 0) {
        const message = `guest-file-read: the guest returns neither data nor the end of ${this.#file.path}`;
        throw new GuestError('protocol', message, { command: 'guest-file-read' });
      }
    }
  }

  async #sendBatch(position: number | undefined, batch: Uint8Array): Promise<void> {
    const { clock } = this.#guest;
    const chunk = this.#chunk;
    for (let at = 0; at < batch.length; ) {
      at += await this.#retry(advance(position, at), async () => {
        const part = batch.subarray(at, at + chunk.pipelineBytes);
        const pieces: Uint8Array[] = [];
        for (let from = 0; from < part.length; from += chunk.bytes) {
          pieces.push(part.subarray(from, from + chunk.bytes));
        }
        const start = clock.now();
        await this.#file.writeMany(pieces, this.#options);
        chunk.record(part.length, clock.now() - start, pieces.length);
        return part.length;
      });
    }
  }

  async #receiveBatch(maxBytes: number, pool: BufferPool | undefined): Promise<ReceivedBatch> {
    const { clock } = this.#guest;
    const count = Math.min(this.#chunk.bytes, maxBytes);
    const times = Math.max(1, Math.min(this.#chunk.pipelineDepth, Math.floor(maxBytes / count)));
    const buffer = pool?.acquire(count * times);
    const start = clock.now();
    const { results: all, error } = await this.#file.readMany(count, times, this.#options, buffer);
    if (error !== undefined && all.length === 0) throw error;
    const end = all.findIndex(({ eof }) => eof);
    const results = end < 0 ? all : all.slice(0, end + 1);
    const bytes = results.reduce((sum, { data }) => sum + data.length, 0);
    this.#chunk.record(bytes, clock.now() - start, times);
    return { results, bytes, eof: end >= 0, error, buffer };
  }

  /** Runs a step, and repeats it after a failure that smaller chunks or a new connection may avoid. */
  async #retry<T>(position: number | undefined, step: () => Promise<T>): Promise<T> {
    for (let reconnects = 0; ; ) {
      try {
        return await step();
      } catch (error) {
        if (position === undefined || this.#options?.signal?.aborted === true) throw error;
        const canRetry = isGuestError(error, 'closed')
          ? this.#guest.reconnects && ++reconnects <= MAX_RECONNECTS
          : mayBeTooLarge(error) && this.#chunk.shrink();
        if (!canRetry) throw error;
        // The agent may have carried out the request, so the position is not known.
        await this.#file.seek(position, 'set', this.#options).catch(() => {
          throw error;
        });
      }
    }
  }
}

/** Opens a file, uses it and closes it. A failure to close is an error only if `use` succeeded. */
export async function withFile<F extends Pick<TransferFile, 'close'>, T>(
  opening: Promise<F>,
  use: (file: F) => Promise<T>,
): Promise<T> {
  const file = await opening;
  let result: T;
  try {
    result = await use(file);
  } catch (error) {
    await file.close({ timeout: CLOSE_TIMEOUT_MS }).catch(() => {});
    throw error;
  }
  await file.close();
  return result;
}
