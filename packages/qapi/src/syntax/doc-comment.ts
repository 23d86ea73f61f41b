/**
 * Documentation comments: blocks of lines to their parts (qemu-ga §10.6; for the dialect of 2012, §11.3).
 */

import type { Reporter } from '../diagnostics/diagnostics.js';
import type { Source } from '../source.js';
import { parseDefinitionDoc } from './doc-definition.js';
import { type Complain, type DocForm, ENTRY, HEADING } from './doc-form.js';
import { checkDocLines, type DocBlock, readDocBlock } from './doc-lines.js';
import { joined } from './doc-text.js';
import type { DocNode } from './tree.js';

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
