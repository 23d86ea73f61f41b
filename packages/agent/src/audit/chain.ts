import { createHash } from 'node:crypto';

/** The hash before the first line of a chain. */
export const GENESIS = '0'.repeat(64);

/** Longer lines are not entries: arguments, names and reasons are cut, and each code unit takes six bytes at most. */
export const LINE_LIMIT_BYTES = 64 * 1024;

/** Returns the SHA-256 of a line without its newline, in hexadecimal digits. */
export function hashOf(line: Buffer | string): string {
  return createHash('sha256').update(line).digest('hex');
}

/** Returns the line of an entry whose predecessor has the hash `previous`. @param line without a newline */
export function chained(line: string, previous: string): string {
  return `${line.slice(0, -1)},"previous":"${previous}"}`;
}

/** What a line says about its place in the chain; undefined if it is no line of an audit log. */
export function readLink(
  line: Buffer,
): { readonly previous: string; readonly truncatedAfter?: string } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line.toString());
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('previous' in value) || !('time' in value)) {
    return undefined;
  }
  const { previous } = value;
  if (!isHash(previous)) return undefined;
  const truncated = 'event' in value && value.event === 'truncated';
  if (truncated && 'after' in value && isHash(value.after)) return { previous, truncatedAfter: value.after };
  return truncated ? undefined : { previous };
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
