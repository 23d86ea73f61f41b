import { UsageError } from './exit-status.js';

const MAX_ID = 1_000_000;

/**
 * Parses a list of numbers such as `1,3-5`; each occurs once in the result, in ascending order.
 *
 * @throws {UsageError} if the list is malformed
 */
export function parseIds(text: string): number[] {
  const ids = new Set<number>();
  for (const part of text.split(',')) {
    const [, first, last = first] = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(part.trim()) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === undefined || to < from || to > MAX_ID) {
      throw new UsageError(`invalid list of numbers "${text}": write it as 1,3-5`);
    }
    for (let id = from; id <= to; id++) ids.add(id);
  }
  return [...ids].sort((a, b) => a - b);
}

/** Formats ascending numbers as a list such as `1,3-5`. */
export function formatIds(ids: readonly (number | bigint)[]): string {
  const runs: [first: number | bigint, last: number | bigint][] = [];
  for (const id of ids) {
    const run = runs.at(-1);
    if (run !== undefined && BigInt(id) === BigInt(run[1]) + 1n) run[1] = id;
    else runs.push([id, id]);
  }
  return runs.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}

/** A processor or memory block, and its requested state. */
export interface StateChange {
  readonly id: number;
  readonly online: boolean;
}

/**
 * Parses the ids to set online and offline. Those online come first, so that the guest always has some.
 *
 * @throws {UsageError} if a list is malformed, or both have the same id
 */
export function parseStateChanges(online: string | undefined, offline: string | undefined): StateChange[] {
  const onIds = online === undefined ? [] : parseIds(online);
  const offIds = offline === undefined ? [] : parseIds(offline);
  const both = onIds.filter((id) => offIds.includes(id));
  if (both.length > 0) throw new UsageError(`cannot set ${formatIds(both)} both online and offline`);
  return [...onIds.map((id) => ({ id, online: true })), ...offIds.map((id) => ({ id, online: false }))];
}

/** Formats changes: `1,2 online; 3 offline`. */
export function formatStateChanges(changes: readonly StateChange[]): string {
  return [true, false]
    .flatMap((online) => {
      const ids = changes.filter((change) => change.online === online).map(({ id }) => id);
      return ids.length === 0 ? [] : [`${formatIds(ids)} ${online ? 'online' : 'offline'}`];
    })
    .join('; ');
}
