/**
 * Documentation comments: blocks of lines to their parts (qemu-ga §10.6; for the dialect of 2012, §11.3).
 */

import type { DiagnosticCode } from '../diagnostic-codes.js';
import type { DiagnosticDetails, Reporter } from '../diagnostics.js';
import type { Source, Span } from '../source.js';
import type { Dialect } from './dialect.js';
import { parseDefinitionDoc } from './doc-definition.js';
import { checkDocLines, type DocBlock, readDocBlock } from './doc-lines.js';
import { joined } from './doc-text.js';
import type { DocNode } from './tree.js';

/**
 * The rules that a file's documentation obeys. Debian 12 has schemas from before QEMU 9.1, which use sections that are
 * no more: what they could not know gives warnings. The documentation of 2012 had no rules; all of it is taken.
 */
export type DocForm = 'today' | 'before 9.1' | '2012';

/** Where documentation complains; what it says depends on the form. */
export type Complain = (
  code: DiagnosticCode,
  message: string,
  span: Span,
  details?: DiagnosticDetails,
) => void;

const DROPPED_SECTION = /^[ \t]*# (?:Notes?|Examples?):(?!:)/m;

/** Whether the comment of a definition has a section that is no more; in other comments the words mean nothing. */
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

/** The form of a file's documentation. */
export function docFormOf({ text }: Source, dialect: Dialect): DocForm {
  if (dialect === '2012') return '2012';
  return usesDroppedSection(text) ? 'before 9.1' : 'today';
}

/** Text of a line that describes something: `@name: text`. */
export const ENTRY = /^@([^:]*): */;

/** Headings as they were until QEMU 10.0. The lines of today's have no text behind their signs. */
export const HEADING = /^=+ \S/;

/**
 * Reads the documentation comment that begins at `offset`; `end` is behind it. There is none if its first line is
 * a mere bar of number signs.
 */
export function parseDocComment(
  source: Source,
  offset: number,
  form: DocForm,
  reporter: Reporter,
): { readonly doc?: DocNode; readonly end: number } {
  const { block, end } = readDocBlock(source, offset, form === '2012', reporter);
  if (!block) return { end };
  if (form !== '2012') checkDocLines(block.lines, reporter);
  const defines = form === '2012' || block.lines[0]?.text.startsWith('@');
  return {
    doc: defines ? parseDefinitionDoc(block, form, reporter) : parseFreeForm(block, form, reporter),
    end,
  };
}

function parseFreeForm(block: DocBlock, form: DocForm, reporter: Reporter): DocNode {
  let { broken } = block;
  const error: Complain = (...report) => {
    broken = true;
    reporter.error(...report);
  };
  checkFreeForm(block, error);
  const whole = joined(block.lines.map(({ text }) => text));
  return {
    kind: 'doc',
    text: whole,
    whole,
    members: new Map(),
    features: new Map(),
    further: [],
    oldForm: form !== 'today',
    broken,
    span: block.span,
  };
}

function checkFreeForm({ lines }: DocBlock, error: Complain): void {
  for (const [index, { text, span }] of lines.entries()) {
    const entry = ENTRY.exec(text);
    if (entry) {
      const hint = "a definition's comment begins with '# @NAME:'; 2012 had other forms: --dialect 2012";
      error('doc-free-form-entry', `'@${entry[1]}:' not allowed in free-form documentation`, span, { hint });
    }
    if (index > 0 && HEADING.test(text)) {
      error('doc-heading', "'=' heading must come first in a comment block", span);
    }
  }
}
