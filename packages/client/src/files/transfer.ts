import type { Guest } from '../guest.js';
import { GuestError, isGuestError } from '../guest-error.js';
import type { ChunkSize } from './chunk-size.js';
import type { GuestFile } from './guest-file.js';

/** What a transfer needs: an open file that can be sought in, how much to carry at once, and when to give up. */
export interface Transfer {
  readonly guest: Guest;
  readonly file: GuestFile;
  readonly size: ChunkSize;
  readonly limits: { readonly signal: AbortSignal };
}

/** How often a transfer goes on over a new connection at the same place. */
const mostConnections = 3;

/**
 * Runs one step of a transfer, and once more from the same place after what may be mended: a request that the way refuses
 * may get through if it is smaller, a connection that has ended may be opened again.
 */
const persistently = async <T>(
  { guest, file, size, limits }: Transfer,
  offset: number,
  step: () => Promise<T>,
): Promise<T> => {
  for (let connections = 0; ; ) {
    try {
      return await step();
    } catch (error) {
      if (limits.signal.aborted) throw error;
      const ended = isGuestError(error, 'closed');
      if (
        ended ? !guest.reconnects || ++connections > mostConnections : !mayBeSize(error) || !size.refused()
      ) {
        throw error;
      }
    }
    // What became of the request is not known, so neither is the position.
    await file.seek(offset, 'set', limits);
  }
};

const mayBeSize = (error: unknown): boolean =>
  isGuestError(error, 'protocol') || isGuestError(error, 'timeout') || isGuestError(error, 'command');

/** Writes bytes at a place, which is where the file stands. */
export const sendAt = async (transfer: Transfer, offset: number, bytes: Buffer): Promise<void> => {
  const { guest, file, size, limits } = transfer;
  for (let at = 0; at < bytes.length; ) {
    at += await persistently(transfer, offset + at, async () => {
      const part = bytes.subarray(at, at + size.current);
      const start = guest.clock.now();
      const written = await file.write(part, limits);
      size.took(written, guest.clock.now() - start);
      return written;
    });
  }
};

/** The bytes of a file from a place on, which is where it stands, `length` of them at the most. */
export async function* receiveFrom(
  transfer: Transfer,
  offset: number,
  length: number,
): AsyncGenerator<Buffer, void, undefined> {
  const { guest, file, size, limits } = transfer;
  for (let at = 0; at < length; ) {
    const { data, eof } = await persistently(transfer, offset + at, async () => {
      const start = guest.clock.now();
      const result = await file.read(Math.min(size.current, length - at), limits);
      size.took(result.data.length, guest.clock.now() - start);
      return result;
    });
    at += data.length;
    if (data.length > 0) yield data;
    if (eof) return;
    if (data.length === 0) {
      const message = `guest-file-read: the guest sends nothing of ${file.path}, and not its end either`;
      throw new GuestError('protocol', message, { command: 'guest-file-read' });
    }
  }
}

/** Opens a file, has it used, and closes it; that closing failed is an error only if nothing else was. */
export const using = async <T>(
  opening: Promise<GuestFile>,
  use: (file: GuestFile) => Promise<T>,
): Promise<T> => {
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
};
