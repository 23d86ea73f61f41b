import type { WireObject } from './values.js';
import { inHashOrder } from './wire/member-order.js';

/**
 * Which of several surplus members is named in the error: the reference calls it unspecified (1.6), but the
 * C agent always names the same one.
 */
export function firstSurplus(given: WireObject, known: object): string {
  for (const [name] of inHashOrder([...given])) {
    if (!Object.hasOwn(known, name)) return name;
  }
  throw new Error('No member is surplus');
}
