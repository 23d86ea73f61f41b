/** The generations of the documentation syntax (qemu-ga §10.6, §11.3), and the reports that depend on them. */
import type { Reporter } from '../diagnostics/diagnostics.js';
import type { Dialect, Source } from '../source.js';

/**
 * The rules for a file's documentation. Debian 12 ships schemas from before QEMU 9.1 with sections that were dropped
 * since: newer rules give warnings there. The documentation of 2012 had no rules.
 */
export type DocForm = 'today' | 'before 9.1' | '2012';

/** Matches the start of a description: `@name: text`. */
export const ENTRY = /^@([^:]*): */;

/** Matches a heading in the syntax until QEMU 10.0. A line of `=` alone, or in groups, is markup of reStructuredText since 10.1. */
export const HEADING = /^=+\s*[^=\s]/;

const DROPPED_SECTION = /^[ \t]*# (?:Notes?|Examples?):(?!:)/m;

/** Returns the form of a file's documentation; `oldDocs` is true if another file of the schema has the old form. */
export function docFormOf(source: Source, dialect: Dialect, oldDocs: boolean): DocForm {
  if (dialect === '2012') return '2012';
  return dialect === '2.9' || oldDocs || usesDroppedSection(source) ? 'before 9.1' : 'today';
}

/** Returns true if a file has a section that QEMU 9.1 dropped. Only the comment of a definition counts; in other comments these words are plain text. */
export function usesDroppedSection({ text }: Source): boolean {
  // Most files contain neither word, which is quicker to find than a pattern.
  if (!(text.includes('Note') || text.includes('Example')) || !DROPPED_SECTION.test(text)) return false;
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

/** Reports the errors of one comment, and records whether there was one. Nothing is an error in 2012. */
export class DocReporter {
  readonly form: DocForm;
  /** True after an error that leaves a part of the comment unread. */
  broken: boolean;
  readonly #reporter: Reporter;

  constructor(form: DocForm, broken: boolean, reporter: Reporter) {
    this.form = form;
    this.broken = broken;
    this.#reporter = reporter;
  }

  error(...report: Parameters<Reporter['error']>): void {
    if (this.form === '2012') return;
    this.broken ||= report[0] !== 'doc-optional';
    this.#reporter.error(...report);
  }

  warning(...report: Parameters<Reporter['warning']>): void {
    if (this.form !== '2012') this.#reporter.warning(...report);
  }

  /** Reports an error, or a warning in documentation from before QEMU 9.1 if `lenient`. */
  errorSince91(lenient: boolean, ...report: Parameters<Reporter['error']>): void {
    if (lenient && this.form === 'before 9.1') this.warning(...report);
    else this.error(...report);
  }
}
