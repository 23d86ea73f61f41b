/** TypeScript literals as documents, laid out as the usual formatters lay them out. */
import { type Document, group, hardLine, ifBroken, indent, join, line, softLine } from './document.js';

/** A member of an object literal or object type: its name as written, and what follows. */
export type Entry = readonly [name: string, value: Document];

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** A string literal in single quotes, or in double quotes where that needs fewer escapes. */
export function quoted(text: string): string {
  const json = JSON.stringify(text).replace(/[\u007f-\uffff]/g, escaped);
  if (text.includes("'") && !text.includes('"')) return json;
  return `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The name of a property, quoted only where it has to be. */
export function propertyName(name: string): string {
  return IDENTIFIER.test(name) ? name : quoted(name);
}

/** `{ a: 1, b: 2 }`, on one line if it fits and `breaks` is not set. */
export function object(entries: readonly Document[], breaks = false): Document {
  if (entries.length === 0) return '{}';
  return group(['{', indent([line, join(entries, [',', line]), ifBroken(',')]), line, '}'], breaks);
}

/** `name: value`. */
export function property(name: string, value: Document): Document {
  return [propertyName(name), ': ', value];
}

/** `get name() { return value; }`: a property that is looked at later. */
export function getter(name: string, value: Document): Document {
  return [`get ${propertyName(name)}() {`, indent([hardLine, 'return ', value, ';']), hardLine, '}'];
}

/** `[a, b]`, on one line if it fits and `breaks` is not set. */
export function array(items: readonly Document[], breaks = false): Document {
  if (items.length === 0) return '[]';
  return group(['[', indent([softLine, join(items, [',', line]), ifBroken(',')]), softLine, ']'], breaks);
}

/** An object type: `{ a: string; b?: number }`. */
export function objectType(members: readonly Document[], breaks = false): Document {
  if (members.length === 0) return '{}';
  return group(['{', indent([line, join(members, [';', line]), ifBroken(';')]), line, '}'], breaks);
}
