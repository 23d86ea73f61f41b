/** Finds the dialect of a schema that is not valid today by the forms that only older releases had. */
import type { Dialect, Source } from '../source.js';
import { usesDroppedSection } from '../syntax/doc-form.js';

/**
 * The mark of an optional member in documentation (until QEMU 2.8), flags that are `'no'`, or a union without a base and discriminator
 * (until 2.3). A definition with `type` alone may be a slip in a new schema.
 */
const BEFORE_2_9 = /^ *#.*#optional\b|'(?:gen|success-response)' *: *'no'|'discriminator' *: *\{ *\}/m;

/** A pragma of QEMU 2.9 to 5.2. */
const FORMER_PRAGMA = /'(?:returns|name-case)-whitelist'\s*:/;

/** A condition in C of QEMU 2.10 to 6.1. */
const C_CONDITION = /'if'\s*:\s*(?:\[\s*)?'[^'\n]*\bdefined\s*\(/;

/** A condition in C that cannot be a slip in a new schema. */
const C_OPERATOR = /'if'\s*:\s*(?:\[\s*'[^'\n]*\bdefined\s*\(|'[^'\n]*(?:&&|\|\||!))/;

/** Returns the dialect that the files show, or `modern` if they do not show an older one. */
export function detectDialect(sources: readonly Source[]): Dialect {
  const shows = (pattern: RegExp) => sources.some(({ text }) => pattern.test(text));
  if (shows(FORMER_PRAGMA)) return '2.9';
  if (shows(C_CONDITION) && (shows(C_OPERATOR) || sources.some(usesDroppedSection))) return '2.9';
  return shows(BEFORE_2_9) ? '2012' : 'modern';
}
