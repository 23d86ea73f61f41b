/** TypeScript literals as documents, in the layout of the common formatters. */
import { type Document, group, hardLine, ifBroken, indent, join, line, softLine } from './document.js';

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** Text that needs no escapes; most names are such. */
const PLAIN = /^[\w .:/-]*$/;

/** Returns a string literal in the quotes that need fewer escapes. */
export function quoted(text: string): string {
  if (PLAIN.test(text)) return `'${text}'`;
  const json = JSON.stringify(text).replace(/[\u007f-\uffff]/g, escaped);
  if (text.includes("'") && !text.includes('"')) return json;
  return `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Returns the name of a property, quoted only if necessary. */
export function propertyName(name: string): string {
  return IDENTIFIER.test(name) ? name : quoted(name);
}

/** Returns `name: value`. */
export function property(name: string, value: Document): Document {
  return [propertyName(name), ': ', value];
}

/** Returns `get name() { return value; }`. */
export function getter(name: string, value: Document): Document {
  return [`get ${propertyName(name)}() {`, indent([hardLine, 'return ', value, ';']), hardLine, '}'];
}

/** Returns `{ a: 1, b: 2 }`, on one line if it fits and `breaks` is not set. */
export function object(entries: readonly Document[], breaks = false): Document {
  return enclosed('{', entries, ',', line, '}', breaks);
}

/** Returns `[a, b]`, on one line if it fits and `breaks` is not set. */
export function array(items: readonly Document[], breaks = false): Document {
  return enclosed('[', items, ',', softLine, ']', breaks);
}

/** Returns the object type `{ a: string; b?: number }`, on one line if it fits and `breaks` is not set. */
export function objectType(members: readonly Document[], breaks = false): Document {
  return enclosed('{', members, ';', line, '}', breaks);
}

function enclosed(
  open: string,
  items: readonly Document[],
  separator: string,
  edge: Document,
  close: string,
  breaks: boolean,
): Document {
  if (items.length === 0) return open + close;
  return group(
    [open, indent([edge, join(items, [separator, line]), ifBroken(separator)]), edge, close],
    breaks,
  );
}
