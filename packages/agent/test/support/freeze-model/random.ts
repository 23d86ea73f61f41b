/** Returns numbers from 0 to 1, the same for the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns a key, each with a probability in proportion to its weight. */
export function weightedChoice<K extends string>(
  weights: Readonly<Record<K, number>>,
  random: () => number,
): K {
  const entries = Object.entries(weights) as [K, number][];
  let rest = random() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  const found = entries.find(([, weight]) => {
    rest -= weight;
    return rest < 0;
  });
  const [key] = found ?? entries[0] ?? [];
  if (key === undefined) throw new Error('there is nothing to choose');
  return key;
}
