/** Bytes to be written: at once, or as they come. */
export type Source =
  | string
  | Uint8Array
  | Iterable<Uint8Array>
  | AsyncIterable<Uint8Array>
  | ReadableStream<Uint8Array>;

/** The pieces of a source, as they come. */
function piecesOf(source: Source): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (typeof source === 'string') return [Buffer.from(source)];
  return source instanceof Uint8Array ? [source] : source;
}

/**
 * The bytes of a source in chunks of the size that is asked for at each of them; only the last is smaller. What is long
 * enough is not copied, what is short is put together.
 *
 * @throws {TypeError} if the source gives anything but bytes
 */
export async function* chunksOf(source: Source, size: () => number): AsyncGenerator<Buffer, void, undefined> {
  let waiting: Buffer[] = [];
  let length = 0;
  for await (const piece of piecesOf(source)) {
    if (!(piece instanceof Uint8Array)) throw new TypeError('what is to be written must be bytes');
    let rest = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    while (length + rest.length >= size()) {
      const part = rest.subarray(0, Math.max(size() - length, 0));
      rest = rest.subarray(part.length);
      waiting.push(part);
      yield waiting.length === 1 ? part : Buffer.concat(waiting);
      waiting = [];
      length = 0;
    }
    if (rest.length === 0) continue;
    waiting.push(rest);
    length += rest.length;
  }
  if (length > 0) yield waiting.length === 1 ? (waiting[0] ?? Buffer.alloc(0)) : Buffer.concat(waiting);
}
