import type { WireObject } from './values.js';
import { inHashOrder } from './wire/member-order.js';
import { encodeText } from './wire/modified-utf8.js';

/**
 * Which of several surplus members the error names. The reference leaves it open (1.6), but the C agent is
 * quite definite: it keeps the members that nobody has asked for yet in a hash table of GLib, and names the
 * one in the first slot. So that table is rebuilt here: its hash function, its way of probing, and when and
 * how it grows and shrinks (observed with GLib 2.84).
 *
 * @param known what was asked for and found, in the order in which it was asked for
 */
export function firstSurplus(given: WireObject, known: readonly string[]): string {
  const table = new SlotTable();
  for (const [name] of inHashOrder([...given])) table.insert(name);
  for (const name of known) table.remove(name);
  return table.first();
}

const SMALLEST_SHIFT = 3;
/** By size, as a power of two: the greatest prime below it, or thereabouts. */
const PRIMES = [
  1, 2, 3, 7, 13, 31, 61, 127, 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071, 262139, 524287,
  1048573, 2097143,
];

/** A slot: a member, a member that was removed (it still lengthens a probe), or nothing yet. */
type Slot = { readonly name: string; readonly hash: number } | 'removed' | undefined;

class SlotTable {
  #shift = SMALLEST_SHIFT;
  #slots: Slot[] = Array.from({ length: 1 << SMALLEST_SHIFT });
  #members = 0;
  #used = 0;

  /** The name must not be in the table. */
  insert(name: string): void {
    const hash = hashOf(name);
    let at = this.#home(hash);
    for (let step = 1; this.#slots[at] !== undefined; step++) at = this.#after(at, step);
    this.#slots[at] = { name, hash };
    this.#members++;
    this.#used++;
    this.#fit();
  }

  /** The name must be in the table. */
  remove(name: string): void {
    let at = this.#home(hashOf(name));
    for (let step = 1; !this.#holds(at, name); step++) at = this.#after(at, step);
    this.#slots[at] = 'removed';
    this.#members--;
    this.#fit();
  }

  /** The name in the first slot that holds one; there must be one. */
  first(): string {
    const [name] = this.#slots.flatMap((slot) => (isMember(slot) ? [slot.name] : []));
    if (name === undefined) throw new RangeError('The table is empty');
    return name;
  }

  #holds(at: number, name: string): boolean {
    const slot = this.#slots[at];
    return isMember(slot) && slot.name === name;
  }

  #home(hash: number): number {
    return (Math.imul(hash, 11) >>> 0) % (PRIMES[this.#shift] as number);
  }

  #after(at: number, step: number): number {
    return (at + step) & ((1 << this.#shift) - 1);
  }

  #fit(): void {
    const size = this.#slots.length;
    const sparse = size > this.#members * 4 && size > 1 << SMALLEST_SHIFT;
    if (sparse || size <= this.#used + Math.floor(this.#used / 16)) this.#resize();
  }

  /**
   * Members move in the order of their old slots. One that finds its new slot taken by a member that has not
   * moved yet takes the slot all the same, and that one moves next.
   */
  #resize(): void {
    const old = this.#slots;
    this.#shift = Math.max(32 - Math.clz32(Math.floor(this.#members * 1.333)), SMALLEST_SHIFT);
    const size = 1 << this.#shift;
    const moved: Slot[] = Array.from({ length: size });
    for (let i = 0; i < old.length; i++) {
      let slot = old[i];
      old[i] = undefined;
      while (isMember(slot)) {
        let at = this.#home(slot.hash);
        for (let step = 1; moved[at] !== undefined; step++) at = this.#after(at, step);
        moved[at] = slot;
        slot = old[at];
        old[at] = undefined;
      }
    }
    this.#slots = moved;
    this.#used = this.#members;
  }
}

function isMember(slot: Slot): slot is Exclude<Slot, 'removed' | undefined> {
  return typeof slot === 'object';
}

/** GLib's hash of a C string; its characters are signed. 0 and 1 have another meaning. */
function hashOf(name: string): number {
  let hash = 5381;
  for (const byte of encodeText(name)) hash = (Math.imul(hash, 33) + ((byte << 24) >> 24)) | 0;
  return hash === 0 || hash === 1 ? 2 : hash;
}
