/** How many of a thing there are: `1 disk`, `2 disks`. */
export function count(number: number | bigint, thing: string, things = `${thing}s`): string {
  return `${number} ${Number(number) === 1 ? thing : things}`;
}

/** What is not known, in a table. */
export const UNKNOWN = '-';

/** A truth in a table; one that is not told is {@link UNKNOWN}. */
export function yesOrNo(value: boolean | undefined): string {
  if (value === undefined) return UNKNOWN;
  return value ? 'yes' : 'no';
}
