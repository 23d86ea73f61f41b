import { UsageError } from './exit-status.js';

/** More than any machine has. */
const MOST = 1_000_000;

/**
 * Numbers as a person writes them: `1,3-5`. Each comes once, in order.
 *
 * @throws {UsageError} if it is something else
 */
export function parseIds(text: string): number[] {
  const ids = new Set<number>();
  for (const part of text.split(',')) {
    const [, first, last = first] = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(part.trim()) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === undefined || to < from || to > MOST) {
      throw new UsageError(`"${text}" is no list of numbers: write it as 1,3-5`);
    }
    for (let id = from; id <= to; id++) ids.add(id);
  }
  return [...ids].sort((a, b) => a - b);
}

/** Numbers in ascending order, as a person writes them: `1,3-5`. */
export function formatIds(ids: readonly (number | bigint)[]): string {
  const runs: [first: number | bigint, last: number | bigint][] = [];
  for (const id of ids) {
    const run = runs.at(-1);
    if (run !== undefined && BigInt(id) === BigInt(run[1]) + 1n) run[1] = id;
    else runs.push([id, id]);
  }
  return runs.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}

/** What is to be switched, and how. */
export interface Switching {
  readonly id: number;
  readonly online: boolean;
}

/**
 * What two lists of numbers ask for; first what is switched on, so that something always is.
 *
 * @throws {UsageError} if a list makes no sense, or a number is in both
 */
export function switchings(on: string | undefined, off: string | undefined): Switching[] {
  const onIds = on === undefined ? [] : parseIds(on);
  const offIds = off === undefined ? [] : parseIds(off);
  const both = onIds.filter((id) => offIds.includes(id));
  if (both.length > 0) throw new UsageError(`${formatIds(both)} cannot be switched on and off at once`);
  return [...onIds.map((id) => ({ id, online: true })), ...offIds.map((id) => ({ id, online: false }))];
}

/** What was switched, as people say it: `1,2 on; 3 off`. */
export function describeSwitchings(switched: readonly Switching[]): string {
  return [true, false]
    .map((online) => {
      const ids = switched.filter((item) => item.online === online).map(({ id }) => id);
      return ids.length === 0 ? '' : `${formatIds(ids)} ${online ? 'on' : 'off'}`;
    })
    .filter((part) => part !== '')
    .join('; ');
}
