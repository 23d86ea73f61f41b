/** A decimal integer that the kernel has written, exactly: a `bigint` where a `number` would round. */
/** A number of the kernel's, from its decimal digits: exact in all of 64 bits. */
export function exactInteger(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : BigInt(digits);
}
