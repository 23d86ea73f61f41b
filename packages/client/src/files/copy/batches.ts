/**
 * Groups items, in order, into batches with at most `max.size` in total and `max.count` items. An item that exceeds the size alone
 * forms its own batch.
 */
export function* batches<T>(
  items: Iterable<T>,
  sizeOf: (item: T) => number,
  max: { readonly size: number; readonly count: number },
): Generator<readonly T[], void, undefined> {
  let batch: T[] = [];
  let total = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (batch.length > 0 && (total + size > max.size || batch.length >= max.count)) {
      yield batch;
      batch = [];
      total = 0;
    }
    batch.push(item);
    total += size;
  }
  if (batch.length > 0) yield batch;
}
