import { isUtf8 } from 'node:buffer';
import { Double, encodeRequest, isText, WireError, WireObject } from '@guestwire/protocol';
import { MessageReader } from '@guestwire/protocol/wire';
import { UsageError } from '../exit-status.js';
import { formatString } from './escape.js';

/**
 * Parses the arguments of a command, with exact 64-bit integers.
 *
 * @throws {UsageError} if the text is not one JSON object
 */
export function parseArguments(text: string): WireObject {
  try {
    // Only for its error messages; the reader below is exact.
    JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`the arguments are not JSON: ${reason}`, { cause });
  }
  const reader = new MessageReader();
  reader.push(Buffer.from(`${text}\n`));
  const read = reader.next();
  if (read?.kind === 'error') throw new UsageError(`cannot send the arguments: ${read.desc}`);
  if (!(read?.value instanceof WireObject)) {
    throw new UsageError('the arguments must be a JSON object, such as {"handle": 1000}');
  }
  try {
    for (const _ of encodeRequest('', read.value));
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    throw new UsageError(`cannot send the arguments: ${cause.message}`, { cause });
  }
  return read.value;
}

/** Members that are `undefined` are left out. */
function membersOf(value: object): [string, unknown][] {
  return [...(value instanceof WireObject ? value : Object.entries(value))].filter(
    ([, member]) => member !== undefined,
  );
}

/** Formats a double so that it reads as one: `1.0`. JSON has no infinity. */
function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/**
 * Formats a value as JSON, on one line or indented. Integers are exact, members keep their order, and characters that control a terminal
 * are escaped, also in a pipe.
 */
export function formatJson(value: unknown, pretty: boolean, indent = ''): string {
  if (isText(value)) return formatString(value.toString());
  if (value instanceof Double) return formatDouble(value.value);
  // Infinity becomes null.
  if (typeof value === 'number') return JSON.stringify(value);
  if (value === null || typeof value !== 'object') return String(value ?? null);
  const deeper = `${indent}  `;
  const items = Array.isArray(value)
    ? value.map((item) => formatJson(item, pretty, deeper))
    : membersOf(value).map(
        ([name, member]) => `${formatString(name)}: ${formatJson(member, pretty, deeper)}`,
      );
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  if (items.length === 0) return open + close;
  return pretty
    ? `${open}\n${items.map((item) => deeper + item).join(',\n')}\n${indent}${close}`
    : open + items.join(', ') + close;
}

/** Returns a JSON member for bytes: a string under `name` if they are UTF-8, else base64 under `nameBase64`. */
export function bytesInJson(name: string, bytes: Buffer): Readonly<Record<string, string>> {
  return isUtf8(bytes) ? { [name]: bytes.toString() } : { [`${name}Base64`]: bytes.toString('base64') };
}
