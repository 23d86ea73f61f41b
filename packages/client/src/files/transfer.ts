import type { GuestCalls } from '../calls.js';
import type { CallOptions } from '../deadline.js';
import { GuestError, isGuestError } from '../guest-error.js';
import type { ChunkSize } from './chunk-size.js';
import type { GuestFile } from './guest-file.js';
import { memoryByTurns } from './memory.js';

/** What a transfer needs: an open file that can be sought in, how much to carry at once, and when to give up. */
export interface Transfer {
  readonly guest: GuestCalls;
  readonly file: GuestFile;
  readonly size: ChunkSize;
  readonly limits?: CallOptions | undefined;
}

/** How often a transfer goes on over a new connection at the same place. */
const MOST_CONNECTIONS = 3;

/**
 * Runs one step of a transfer, and once more from the same place after what may be mended: a request that the way refuses
 * may get through if it is smaller, a connection that has ended may be opened again. Where the place is not known, or
 * cannot be sought, the step runs once.
 */
async function persistently<T>(
  { guest, file, size, limits }: Transfer,
  place: number | undefined,
  step: () => Promise<T>,
): Promise<T> {
  for (let connections = 0; ; ) {
    try {
      return await step();
    } catch (error) {
      if (place === undefined || limits?.signal?.aborted === true) throw error;
      const ended = isGuestError(error, 'closed');
      if (
        ended ? !guest.reconnects || ++connections > MOST_CONNECTIONS : !mayBeSize(error) || !size.refused()
      ) {
        throw error;
      }
      // What became of the request is not known, so neither is the position.
      await file.seek(place, 'set', limits).catch(() => {
        throw error;
      });
    }
  }
}

function mayBeSize(error: unknown): boolean {
  return isGuestError(error, 'protocol') || isGuestError(error, 'timeout') || isGuestError(error, 'command');
}

/** The place that lies so many bytes behind another; not known where that is not. */
function behind(place: number | undefined, bytes: number): number | undefined {
  return place === undefined ? undefined : place + bytes;
}

/**
 * Writes bytes.
 *
 * @param place where the file stands; `undefined` if that is not known
 */
async function sendAt(transfer: Transfer, place: number | undefined, bytes: Uint8Array): Promise<void> {
  const { guest, file, size, limits } = transfer;
  for (let at = 0; at < bytes.length; ) {
    at += await persistently(transfer, behind(place, at), async () => {
      const portion = bytes.subarray(at, at + size.portion);
      const pieces: Uint8Array[] = [];
      for (let from = 0; from < portion.length; from += size.current)
        pieces.push(portion.subarray(from, from + size.current));
      const start = guest.clock.now();
      await file.writeAll(pieces, limits);
      size.took(portion.length, guest.clock.now() - start, pieces.length);
      return portion.length;
    });
  }
}

/**
 * Writes portions as they come, {@link ChunkSize.portion} bytes each; the next one is fetched while one is on its way.
 *
 * @param place where the file stands; `undefined` if that is not known
 * @param sending is told each portion when it sets out
 * @param sent is told the bytes so far when it has arrived
 */
export async function sendAll(
  transfer: Transfer,
  place: number | undefined,
  portions: AsyncIterable<Uint8Array>,
  { sending, sent }: { sending?(portion: Uint8Array): void; sent(portion: number, bytes: number): void },
): Promise<number> {
  let bytes = 0;
  let last = Promise.resolve();
  for await (const portion of portions) {
    await last;
    last = sendAt(transfer, behind(place, bytes), portion);
    // Who waits for it comes only with the next portion.
    last.catch(() => {});
    sending?.(portion);
    bytes += portion.length;
    const before = bytes;
    last = last.then(() => sent(portion.length, before));
    last.catch(() => {});
  }
  await last;
  return bytes;
}

/** What one turn of reading brought. */
interface Received {
  readonly parts: readonly Buffer[];
  readonly bytes: number;
  readonly eof: boolean;
  readonly error: GuestError | undefined;
}

/**
 * Reads as much as one turn takes, `most` bytes at the most; rejects if nothing was read before an error.
 *
 * @param memory gives memory for so many bytes, which may be used already; each part gets its own if absent
 */
async function receive(
  { guest, file, size, limits }: Transfer,
  most: number,
  memory?: (bytes: number) => Buffer,
): Promise<Received> {
  const count = Math.min(size.current, most);
  const times = Math.max(1, Math.min(size.together, Math.floor(most / count)));
  const start = guest.clock.now();
  const { results, error } = await file.readAll(count, times, limits, memory?.(count * times));
  if (error !== undefined && results.length === 0) throw error;
  const end = results.findIndex(({ eof }) => eof);
  const parts = (end < 0 ? results : results.slice(0, end + 1)).map(({ data }) => data);
  const bytes = parts.reduce((sum, { length }) => sum + length, 0);
  size.took(bytes, guest.clock.now() - start, times);
  return { parts, bytes, eof: end >= 0, error };
}

/**
 * The bytes of a file, `length` of them at the most; the next ones are fetched while some are looked at.
 *
 * @param place where the file stands; `undefined` if that is not known
 * @param reuse whether what it has given may be overwritten as soon as the next is asked for
 */
export async function* receiveFrom(
  transfer: Transfer,
  place: number | undefined,
  { length = Number.MAX_SAFE_INTEGER, reuse = false }: { length?: number; reuse?: boolean } = {},
): AsyncGenerator<Buffer, void, undefined> {
  const { file, limits } = transfer;
  // One piece of it is looked at while the other is read into.
  const memoryOfTurn = reuse ? memoryByTurns() : undefined;
  let at = 0;
  const fetch = (): Promise<Received> => {
    const memory = memoryOfTurn?.();
    return persistently(transfer, behind(place, at), () => receive(transfer, length - at, memory));
  };
  if (length <= 0) return;
  let next = fetch();
  for (;;) {
    const { parts, bytes, eof, error } = await next;
    at += bytes;
    const over = eof || at >= length;
    if (!over && error === undefined) {
      next = fetch();
      // Who waits for it may never come.
      next.catch(() => {});
    }
    for (const part of parts) if (part.length > 0) yield part;
    if (over) return;
    if (error !== undefined) {
      // What was read after it is lost, unless it can be read once more; then the error comes back, or is mended.
      if (place === undefined) throw error;
      await file.seek(place + at, 'set', limits);
      next = fetch();
    } else if (bytes === 0) {
      const message = `guest-file-read: the guest sends nothing of ${file.path}, and not its end either`;
      throw new GuestError('protocol', message, { command: 'guest-file-read' });
    }
  }
}

/** Opens a file, has it used, and closes it; that closing failed is an error only if nothing else was. */
export async function using<T>(
  opening: Promise<GuestFile>,
  use: (file: GuestFile) => Promise<T>,
): Promise<T> {
  const file = await opening;
  let result: T;
  try {
    result = await use(file);
  } catch (error) {
    await file.close({ timeout: 5000 }).catch(() => {});
    throw error;
  }
  await file.close();
  return result;
}
