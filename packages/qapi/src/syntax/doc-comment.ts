/** Parses documentation comments (qemu-ga §10.6; for the dialect of 2012, §11.3). */
import type { Reporter } from '../diagnostics/diagnostics.js';
import type { Source } from '../source.js';
import { parseDefinitionDoc } from './doc-definition.js';
import { type DocForm, DocReporter, ENTRY, HEADING } from './doc-form.js';
import { checkDocLines, type DocBlock, readDocBlock } from './doc-lines.js';
import { joined } from './doc-text.js';
import type { DocNode } from './tree.js';

/** Parses the comment at `offset`, which ends at `end`; `doc` is absent if its first line is a bar of number signs. */
export function parseDocComment(
  source: Source,
  offset: number,
  form: DocForm,
  reporter: Reporter,
): { readonly doc?: DocNode; readonly end: number } {
  const { block, end } = readDocBlock(source, offset, form === '2012', reporter);
  if (!block) return { end };
  if (form !== '2012') checkDocLines(block, reporter);
  const report = new DocReporter(form, block.broken, reporter);
  const defines = form === '2012' || block.lines[0]?.text.startsWith('@');
  return { doc: defines ? parseDefinitionDoc(block, report) : parseFreeForm(block, report), end };
}

function parseFreeForm({ lines, span }: DocBlock, report: DocReporter): DocNode {
  for (const [index, { text, start, end }] of lines.entries()) {
    const place = { source: span.source, start, end };
    const entry = ENTRY.exec(text);
    if (entry) {
      const message = `'@${entry[1]}:' not allowed in free-form documentation`;
      report.error('doc-free-form-entry', message, place, { hint: HINT_ENTRY });
    }
    if (index > 0 && HEADING.test(text)) {
      report.errorSince91(true, 'doc-heading', "'=' heading must come first in a comment block", place);
    }
  }
  const whole = joined(lines.map(({ text }) => text));
  return {
    kind: 'doc',
    text: whole,
    whole,
    members: new Map(),
    features: new Map(),
    further: [],
    oldForm: report.form !== 'today',
    broken: report.broken,
    span,
  };
}

const HINT_ENTRY = "begin the comment of a definition with '# @NAME:'";
