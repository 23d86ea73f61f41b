import { invalidArgument } from '../invalid-argument.js';
/** Bytes to be written, whole or as a stream. */
export type Source =
  | string
  | Uint8Array
  | Iterable<Uint8Array>
  | AsyncIterable<Uint8Array>
  | ReadableStream<Uint8Array>;

/**
 * Cuts or joins the pieces of a source into chunks of `size()` bytes; only the last one is shorter. Pieces of at least
 * that size are not copied.
 */
export async function* chunksOf(source: Source, size: () => number): AsyncIterable<Buffer> {
  const whole = typeof source === 'string' ? Buffer.from(source) : source;
  let pending: Buffer[] = [];
  let length = 0;
  for await (const piece of whole instanceof Uint8Array ? [whole] : whole) {
    if (!(piece instanceof Uint8Array)) throw invalidArgument('the data to write must be bytes');
    let rest = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    while (length + rest.length >= size()) {
      const part = rest.subarray(0, Math.max(size() - length, 0));
      rest = rest.subarray(part.length);
      pending.push(part);
      yield pending.length === 1 ? part : Buffer.concat(pending);
      pending = [];
      length = 0;
    }
    if (rest.length === 0) continue;
    pending.push(rest);
    length += rest.length;
  }
  if (length > 0) yield pending.length === 1 ? (pending[0] ?? Buffer.alloc(0)) : Buffer.concat(pending);
}
