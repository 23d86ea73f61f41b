import {
  type CommandDescriptor,
  Double,
  isText,
  type Text,
  WireObject,
  type WireValue,
} from '@guestwire/schema';

/** Longer strings are cut, in UTF-16 code units. */
const TEXT_LIMIT = 256;
/** Further members and elements are left out. */
const ITEMS_LIMIT = 32;
const DEPTH_LIMIT = 4;
/** The size of all arguments together, in UTF-16 code units. */
const TOTAL_LIMIT = 4096;

/** Members whose values are secrets or data, in the commands of QEMU and in those of other modules. */
const SECRET = /pass|secret|token|credential|key|b64|(^|[-_])data$/i;
/** Variables of an environment: `NAME=VALUE`. */
const ENVIRONMENT = /^env(ironment)?$/i;

/** A plain JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/**
 * Returns arguments for the audit log: secrets, data, and members that the schema does not describe are replaced by type
 * and length, long texts and lists are cut. The work is bounded, whatever the size of the arguments.
 */
export function redactArguments(args: WireObject, descriptor: CommandDescriptor | undefined): Json {
  const described = new Set(descriptor?.arguments?.members.map(({ name }) => name));
  const budget = new Budget();
  return members(args, budget, (name, value) =>
    described.has(name) ? member(name, value, budget, 1) : placeholder(value),
  );
}

function members(
  object: WireObject,
  budget: Budget,
  convert: (name: string, value: WireValue) => Json,
): { readonly [name: string]: Json } {
  const first = firstOf(object, object.size, budget);
  const rest = object.size - first.length;
  const entries = first.map(([name, value]) => [budget.text(name), convert(name, value)] as const);
  return Object.fromEntries(rest === 0 ? entries : [...entries, ['…', leftOut(rest)]]);
}

function elements(
  list: readonly WireValue[],
  budget: Budget,
  convert: (value: WireValue) => Json,
): readonly Json[] {
  const first = firstOf(list, list.length, budget).map(convert);
  return first.length === list.length ? first : [...first, leftOut(list.length - first.length)];
}

function leftOut(count: number): string {
  return `… (${count} more)`;
}

/** `length` counts the characters of a string, the elements of an array, the members of an object. */
function placeholder(value: WireValue): Json {
  if (value === null) return null;
  if (isText(value)) return { redacted: 'string', length: value.length };
  if (value instanceof WireObject) return { redacted: 'object', length: value.size };
  if (isList(value)) return { redacted: 'array', length: value.length };
  return { redacted: typeof value === 'boolean' ? 'boolean' : 'number' };
}

function member(name: string, value: WireValue, budget: Budget, depth: number): Json {
  if (SECRET.test(name)) return placeholder(value);
  if (ENVIRONMENT.test(name) && isList(value)) {
    return elements(value, budget, (entry) => variable(entry, budget));
  }
  return plain(value, budget, depth);
}

function variable(entry: WireValue, budget: Budget): Json {
  if (!isText(entry)) return placeholder(entry);
  const [name, ...value] = startOf(entry).split('=');
  // Without a name, all of it may be the secret.
  if (name === undefined || value.length === 0) return placeholder(entry);
  return { [budget.text(name)]: { redacted: 'string', length: entry.length - name.length - 1 } };
}

function plain(value: WireValue, budget: Budget, depth: number): Json {
  if (isText(value)) return budget.text(startOf(value), value.length);
  if (value instanceof Double) return value.value;
  if (typeof value === 'bigint') return String(value);
  if (!(value instanceof WireObject) && !isList(value)) return value;
  if (depth === DEPTH_LIMIT) return placeholder(value);
  return isList(value)
    ? elements(value, budget, (item) => plain(item, budget, depth + 1))
    : members(value, budget, (name, item) => member(name, item, budget, depth + 1));
}

function isList(value: WireValue): value is readonly WireValue[] {
  return Array.isArray(value);
}

/** Returns the first items, as many as the limits allow. */
function firstOf<T>(items: Iterable<T>, length: number, budget: Budget): readonly T[] {
  const first: T[] = [];
  if (length === 0) return first;
  for (const item of items) {
    first.push(item);
    if (first.length === ITEMS_LIMIT || !budget.take(ITEM_COST)) break;
  }
  return first;
}

/** What a member or an element costs beside its text. */
const ITEM_COST = 16;

/** Returns the beginning of a text. A long text is in pieces, of which only the first is read. */
function startOf(text: Text): string {
  if (typeof text === 'string') return text.slice(0, TEXT_LIMIT + 1);
  for (const chunk of text.chunks()) return chunk.toString('utf8', 0, TEXT_LIMIT + 1);
  return '';
}

/** Bounds the size of the arguments of one entry. */
class Budget {
  #left = TOTAL_LIMIT;

  /** Returns false when the limit is reached. */
  take(size: number): boolean {
    this.#left -= size;
    return this.#left > 0;
  }

  /** Returns a text, cut to what may be used, with its whole length at the end of a cut one. */
  text(text: string, length = text.length): string {
    const kept = Math.min(TEXT_LIMIT, Math.max(this.#left, 0));
    this.take(Math.min(text.length, kept));
    return text.length <= kept && length === text.length
      ? text
      : `${text.slice(0, kept)}… (${length} in all)`;
  }
}
