/** How many of a thing there are: `1 disk`, `2 disks`. */
export const count = (number: number | bigint, thing: string, things = `${thing}s`): string =>
  `${number} ${Number(number) === 1 ? thing : things}`;

/** What is not known, in a table. */
export const unknown = '-';

/** A truth in a table; one that is not told is {@link unknown}. */
export const yesOrNo = (value: boolean | undefined): string => {
  if (value === undefined) return unknown;
  return value ? 'yes' : 'no';
};
