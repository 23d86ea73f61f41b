import type { Random } from '@guestwire/fuzz';

/** A value to be spelled. Numbers are given as text, and members in order and possibly twice. */
export type JsonValue =
  | null
  | boolean
  | string
  | { readonly number: string }
  | readonly JsonValue[]
  | { members: [string, JsonValue][] };

/** Spells a value as JSON or in the dialect of QEMU: other quotes, escapes and white space. */
export function spell(value: JsonValue, random: Random): string {
  const isPlain = random.oneIn(2);
  const space = (): string => (isPlain || random.oneIn(2) ? '' : random.pick([' ', '\t', '\r\n', '\n']));
  const inner = (each: JsonValue): string => {
    if (typeof each === 'string') return quoted(each, isPlain, random);
    if (each === null || typeof each === 'boolean') return String(each);
    if (Array.isArray(each))
      return `[${space()}${each.map((item) => inner(item)).join(`,${space()}`)}${space()}]`;
    if ('number' in each) return each.number;
    if (!('members' in each)) return '';
    const members = each.members.map(
      ([name, member]) => `${inner(name)}${space()}:${space()}${inner(member)}`,
    );
    return `{${space()}${members.join(`${space()},`)}}`;
  };
  return `${space()}${inner(value)}${space()}`;
}

function quoted(text: string, isPlain: boolean, random: Random): string {
  const json = JSON.stringify(text);
  if (isPlain || random.oneIn(3)) return json;
  const escaped = json
    .slice(1, -1)
    .replace(/\\"|[^\\"'$]/gu, (character) =>
      character.length === 1 && random.oneIn(6)
        ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
        : character,
    );
  if (random.oneIn(2) || escaped.includes("'")) return `"${escaped}"`;
  return `'${escaped}'`;
}
