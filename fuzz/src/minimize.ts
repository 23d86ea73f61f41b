/** A minimization ends after this number of runs or this time: an input may be a finding because it is slow. */
const RUN_LIMIT = 3000;
const TIME_LIMIT_MS = 60_000;

/**
 * Returns a smaller input that still fails: without the chunks and with the plainest bytes that the failure does not need.
 *
 * @param fails whether an input fails in the same way
 */
export async function minimize(input: Buffer, fails: (input: Buffer) => Promise<boolean>): Promise<Buffer> {
  let left = RUN_LIMIT;
  const end = performance.now() + TIME_LIMIT_MS;
  const attempt = async (candidate: Buffer): Promise<boolean> =>
    left-- > 0 && performance.now() < end && (await fails(candidate));
  return plain(await shorten(input, attempt), attempt);
}

async function shorten(input: Buffer, fails: (input: Buffer) => Promise<boolean>): Promise<Buffer> {
  let smallest = input;
  for (let size = input.length >> 1; size >= 1; ) {
    let removed = false;
    for (let at = 0; at < smallest.length; ) {
      const without = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + size)]);
      if (await fails(without)) {
        smallest = without;
        removed = true;
      } else at += size;
    }
    // A chunk that had to stay may be unnecessary once a later one is gone.
    if (!removed || size > 1) size >>= 1;
  }
  return smallest;
}

async function plain(input: Buffer, fails: (input: Buffer) => Promise<boolean>): Promise<Buffer> {
  let plainest = input;
  for (let at = 0; at < plainest.length; at++) {
    if (plainest[at] === 0x61) continue;
    const candidate = Buffer.from(plainest);
    candidate[at] = 0x61;
    if (await fails(candidate)) plainest = candidate;
  }
  return plainest;
}
