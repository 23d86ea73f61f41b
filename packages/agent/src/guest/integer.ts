/** A decimal integer that the kernel has written, exactly: a `bigint` where a `number` would round. */
export function exactInteger(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : BigInt(digits);
}
