import { encodeText } from '@guestwire/schema/text';

const BUCKETS = 512;

/** Enough for all names of a schema. Names that a host invents may exceed it. */
const CACHE_LIMIT = 4096;
const cache = new Map<string, number>();

/** Returns the bucket of QEMU's hash table for a member of this name (qemu-ga §3.2). */
export function bucketOf(name: string): number {
  const known = cache.get(name);
  if (known !== undefined) return known;
  const bytes = encodeText(name);
  let sum = Math.imul(0x238f13af, bytes.length);
  for (const [i, byte] of bytes.entries()) sum = (sum + (byte << ((5 * i) % 24))) | 0;
  const bucket = ((Math.imul(1103515243, sum) + 12345) >>> 0) % BUCKETS;
  if (cache.size < CACHE_LIMIT && name.length < 64) cache.set(name, bucket);
  return bucket;
}

/** Up to this number of members an insertion sort is faster, and allocates nothing for each member. */
const INSERTION_SORT_LIMIT = 24;

/** A member of an object. */
export type Member<T = unknown> = readonly [name: string, value: T];

/** Sorts members, given in order of insertion, as QEMU does: by bucket, and in a bucket from the last to the first. */
export function inHashOrder<T>(members: readonly Member<T>[]): readonly Member<T>[] {
  if (members.length < 2) return members;
  if (members.length <= INSERTION_SORT_LIMIT) return insertionSorted(members);
  // Computes each bucket once: a host may send half a million members with different names.
  return members
    .map((member) => ({ member, bucket: bucketOf(member[0]) }))
    .reverse()
    .sort((a, b) => a.bucket - b.bucket)
    .map(({ member }) => member);
}

function insertionSorted<T>(members: readonly Member<T>[]): readonly Member<T>[] {
  const ordered: Member<T>[] = [];
  const buckets: number[] = [];
  for (const member of members) {
    const bucket = bucketOf(member[0]);
    let at = ordered.length;
    for (; at > 0 && (buckets[at - 1] as number) >= bucket; at--) {
      ordered[at] = ordered[at - 1] as Member<T>;
      buckets[at] = buckets[at - 1] as number;
    }
    ordered[at] = member;
    buckets[at] = bucket;
  }
  return ordered;
}
