import { encodeText } from './modified-utf8.js';

const BUCKETS = 512;

/** How many buckets are remembered. The names of a schema fit; names that a host makes up may not. */
const REMEMBERED = 4096;
const remembered = new Map<string, number>();

/** The bucket of QEMU's hash table into which a member of this name falls (reference 3.2). */
export function bucketOf(name: string): number {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const bytes = encodeText(name);
  let sum = Math.imul(0x238f13af, bytes.length);
  for (const [i, byte] of bytes.entries()) sum = (sum + (byte << ((5 * i) % 24))) | 0;
  const bucket = ((Math.imul(1103515243, sum) + 12345) >>> 0) % BUCKETS;
  if (remembered.size < REMEMBERED && name.length < 64) remembered.set(name, bucket);
  return bucket;
}

/** A member of an object. */
export type Member<T = unknown> = readonly [name: string, value: T];

/**
 * Puts members into the order in which QEMU sends and examines them: by bucket, and within a bucket the one
 * that was inserted last comes first. `members` are in order of insertion.
 */
export function inHashOrder<T>(members: readonly Member<T>[]): readonly Member<T>[] {
  if (members.length < 2) return members;
  // A bucket is computed once for each: a host may send half a million members with names of its own.
  return members
    .map((member) => ({ member, bucket: bucketOf(member[0]) }))
    .reverse()
    .sort((a, b) => a.bucket - b.bucket)
    .map(({ member }) => member);
}
