/**
 * The generations of the documentation syntax: today's, that of QEMU before 9.1, and that of 2012 (qemu-ga §10.6, §11.3).
 */
import type { DiagnosticCode } from '../diagnostics/codes.js';
import type { DiagnosticDetails } from '../diagnostics/diagnostics.js';
import type { Source, Span } from '../source.js';
import type { Dialect } from './dialect.js';

/**
 * The rules for a file's documentation. Debian 12 ships schemas from before QEMU 9.1 with sections that were dropped
 * since: newer rules give warnings there. The documentation of 2012 had no rules.
 */
export type DocForm = 'today' | 'before 9.1' | '2012';

/** Reports a problem of a documentation comment, at the severity that the form requires. */
export type Complain = (
  code: DiagnosticCode,
  message: string,
  span: Span,
  details?: DiagnosticDetails,
) => void;

/** Matches a line that describes a member: `@name: text`. */
export const ENTRY = /^@([^:]*): */;

/** Matches a heading as it was written until QEMU 10.0. */
export const HEADING = /^=+ \S/;

const DROPPED_SECTION = /^[ \t]*# (?:Notes?|Examples?):(?!:)/m;

/** Returns the form of a file's documentation. */
export function docFormOf({ text }: Source, dialect: Dialect): DocForm {
  if (dialect === '2012') return '2012';
  return usesDroppedSection(text) ? 'before 9.1' : 'today';
}

/** Only the comment of a definition counts; in other comments these words are plain text. */
function usesDroppedSection(text: string): boolean {
  if (!DROPPED_SECTION.test(text)) return false;
  let defines = false;
  let previous = '';
  for (const line of text.split('\n').map((raw) => raw.trim())) {
    if (line === '') continue;
    if (previous === '##' && line.startsWith('# @')) defines = true;
    else if (line.startsWith('##') || !line.startsWith('#')) defines = false;
    else if (defines && DROPPED_SECTION.test(line)) return true;
    previous = line;
  }
  return false;
}
