import { encodeText } from '@guestwire/schema/text';

const BUCKETS = 512;

/** How many buckets are remembered. The names of a schema fit; names that a host makes up may not. */
const REMEMBERED = 4096;
const remembered = new Map<string, number>();

/** The bucket of QEMU's hash table into which a member of this name falls (qemu-ga §3.2). */
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

/** Up to this many members are put in their places one by one. */
const FEW = 24;

/** A member of an object. */
export type Member<T = unknown> = readonly [name: string, value: T];

/**
 * Puts members into the order in which QEMU sends and examines them: by bucket, and within a bucket the one
 * that was inserted last comes first. `members` are in order of insertion.
 */
export function inHashOrder<T>(members: readonly Member<T>[]): readonly Member<T>[] {
  if (members.length < 2) return members;
  if (members.length <= FEW) return insertedInHashOrder(members);
  // A bucket is computed once for each: a host may send half a million members with names of its own.
  return members
    .map((member) => ({ member, bucket: bucketOf(member[0]) }))
    .reverse()
    .sort((a, b) => a.bucket - b.bucket)
    .map(({ member }) => member);
}

/** The members of a schema's types are few, and there is nothing to allocate for each of them. */
function insertedInHashOrder<T>(members: readonly Member<T>[]): readonly Member<T>[] {
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
