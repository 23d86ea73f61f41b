/**
 * Cuts items into batches, in order, each as long as the sum of their sizes and their number allow. An item that is too
 * big by itself is a batch of its own.
 */
export function* batches<T>(
  items: Iterable<T>,
  sizeOf: (item: T) => number,
  most: { readonly size: number; readonly count: number },
): Generator<readonly T[], void, undefined> {
  let batch: T[] = [];
  let size = 0;
  for (const item of items) {
    const own = sizeOf(item);
    if (batch.length > 0 && (size + own > most.size || batch.length >= most.count)) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(item);
    size += own;
  }
  if (batch.length > 0) yield batch;
}
