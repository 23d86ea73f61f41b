import { Double, encodeRequest, isText, WireError, WireObject } from '@guestwire/protocol';
import { MessageReader } from '@guestwire/protocol/wire';
import { UsageError } from '../exit-status.js';

/**
 * Reads the arguments of a command. Integers of 64 bits stay exact.
 *
 * @throws {UsageError} if the text is not one JSON object
 */
export function parseArguments(text: string): WireObject {
  try {
    // Only for its errors, which say what is wrong and where; the value comes from the reader, which is exact.
    JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`the arguments are no JSON: ${reason}`, { cause });
  }
  const reader = new MessageReader();
  reader.push(Buffer.from(`${text}\n`));
  const read = reader.next();
  if (read?.kind === 'error') throw new UsageError(`the arguments cannot be sent: ${read.desc}`);
  if (!(read?.value instanceof WireObject)) {
    throw new UsageError('the arguments must be a JSON object, such as {"handle": 1000}');
  }
  try {
    for (const _ of encodeRequest('', read.value));
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    throw new UsageError(`the arguments cannot be sent: ${cause.message}`, { cause });
  }
  return read.value;
}

/** A string as JSON that a terminal can show. */
function formatString(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\ufeff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** What is `undefined` in an object of ours is left out. */
function membersOf(value: object): [string, unknown][] {
  return [...(value instanceof WireObject ? value : Object.entries(value))].filter(
    ([, member]) => member !== undefined,
  );
}

/** A double that reads as one, `1.0`; JSON has no word for what is not finite. */
function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/**
 * A value as JSON, a guest's as it came or one of ours; on one line, or with two blanks more at each level. Integers are
 * exact, members keep the order in which they were given. A terminal is safe from it.
 */
export function formatJson(value: unknown, pretty: boolean, indent = ''): string {
  if (isText(value)) return formatString(value.toString());
  if (value instanceof Double) return formatDouble(value.value);
  // What is not finite has no word in JSON.
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
