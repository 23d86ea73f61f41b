/** A value, or a promise of it. What is known at once costs no promise, and its caller no turn of the microtask queue. */
export type Awaitable<T> = T | Promise<T>;

/** Calls `next` with the value, in this turn if it is known. A rejection or an exception of `next` is passed on. */
export function after<T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Returns the results of `work` for each item, called one after the other has ended: in this turn if all are known. */
export function mapInOrder<T, R>(items: readonly T[], work: (item: T) => Awaitable<R>): Awaitable<R[]> {
  const results: R[] = [];
  for (const [index, item] of items.entries()) {
    const result = work(item);
    if (result instanceof Promise) return mapRest(results, result, items.slice(index + 1), work);
    results.push(result);
  }
  return results;
}

async function mapRest<T, R>(
  results: R[],
  pending: Promise<R>,
  rest: readonly T[],
  work: (item: T) => Awaitable<R>,
): Promise<R[]> {
  results.push(await pending);
  for (const item of rest) results.push(await work(item));
  return results;
}

/** Returns the result of `work`; if it throws or rejects, that of `recover`. */
export function attempt<T>(
  work: () => Awaitable<T>,
  recover: (error: unknown) => Awaitable<T>,
): Awaitable<T> {
  try {
    const result = work();
    return result instanceof Promise ? result.catch(recover) : result;
  } catch (error) {
    return recover(error);
  }
}

/** Returns the result of `work`, or throws or rejects as it does, after a call of `cleanUp`. */
export function ensure<T>(work: () => Awaitable<T>, cleanUp: () => void): Awaitable<T> {
  let pending = false;
  try {
    const result = work();
    pending = result instanceof Promise;
    return result instanceof Promise ? result.finally(cleanUp) : result;
  } finally {
    if (!pending) cleanUp();
  }
}
