import { Double, isText, WireObject, type WireValue } from '@guestwire/schema';

/** A value of the wire as JavaScript would have it, for comparisons. Members are in order of their names. */
export function plain(value: WireValue): unknown {
  if (value instanceof Double) return value.value;
  if (typeof value === 'bigint') return Number(value);
  if (isText(value)) return value.toString();
  if (value instanceof WireObject) {
    return new Map(
      [...value].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, plain(member)]),
    );
  }
  return Array.isArray(value) ? value.map(plain) : value;
}

/** A JSON value in the same form. */
export function plainJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainJson);
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return new Map(members.map(([name, member]) => [name, plainJson(member)]));
  }
  // The wire writes and reads -0 as 0.
  return value === 0 ? 0 : value;
}
