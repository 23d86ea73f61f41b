/** Finds the lines of a documentation comment, and checks each line (qemu-ga §10.6). */
import type { DiagnosticCode } from '../diagnostics/codes.js';
import type { Reporter } from '../diagnostics/diagnostics.js';
import type { Source, Span } from '../source.js';
import { indentOf } from './doc-text.js';

/** One line of a block, without `# ` and trailing blanks; its span includes the `#`. */
export interface DocLine {
  readonly text: string;
  readonly span: Span;
}

/** A block from `##` to `##`. */
export interface DocBlock {
  readonly lines: readonly DocLine[];
  readonly span: Span;
  /** True if an error was reported. */
  readonly broken: boolean;
}

/** The maximum length of a line with its `# `, in characters. */
const MAX_LINE_LENGTH = 70;

const ONLY_A_URL = /^ *(?:https?|ftp):\/\/[^ ]*$/;

/** The end of a sentence before a single blank. An abbreviation or list number matches without the group. */
const SINGLE_SPACE = /\be\.g\. [A-Z0-9(]|^ *\d\. [A-Z0-9(]|([.!?]) [A-Z0-9(]/g;

const BLANKS = /[\s\x1c-\x1f\x85]*/y;

/** Reads the block at `offset`; absent if its first line is a bar of number signs. Not `tolerant`: reports errors. */
export function readDocBlock(
  source: Source,
  offset: number,
  tolerant: boolean,
  reporter: Reporter,
): { readonly block?: DocBlock; readonly end: number } {
  const { text } = source;
  const lines: DocLine[] = [];
  let broken = false;
  let spaceReported = false;

  const report = (code: DiagnosticCode, message: string, span: Span): void => {
    if (tolerant) return;
    broken = true;
    reporter.error(code, message, span, { hint: HINT_FORM });
  };
  const lineSpan = (start: number): Span => {
    const end = text.indexOf('\n', start);
    return { source, start, end: end === -1 ? text.length : end };
  };
  const finish = (end: number) => ({ block: { lines, span: { source, start: offset, end }, broken }, end });

  const first = lineSpan(offset);
  const opening = text.slice(first.start, first.end);
  if (!isMark(opening, tolerant)) {
    report('doc-junk-at-start', "junk after '##' at start of documentation comment", first);
    if (/^#+\s*$/.test(opening)) return { end: first.end };
  }

  for (let end = first.end; ; ) {
    BLANKS.lastIndex = end;
    const gap = BLANKS.exec(text)?.[0] ?? '';
    const start = end + gap.length;
    const interrupted = tolerant && gap.indexOf('\n') !== gap.lastIndexOf('\n');
    if (text.charAt(start) !== '#' || interrupted) {
      const at = start < text.length ? start : Math.max(offset, text.trimEnd().length);
      const place = { source, start: at, end: Math.min(at + 1, text.length) };
      report('doc-unterminated', "documentation comment must end with '##'", place);
      return finish(end);
    }
    const span = lineSpan(start);
    const raw = text.slice(span.start, span.end);
    end = span.end;
    if (raw.startsWith('##') || isMark(raw, tolerant)) {
      if (!isMark(raw, tolerant)) {
        report('doc-junk-at-end', "junk after '##' at end of documentation comment", span);
      }
      return finish(end);
    }
    const spaced = raw === '#' || raw.charAt(1) === ' ';
    if (!spaced && !spaceReported) {
      spaceReported = true;
      report('doc-missing-space', 'missing space after #', span);
    }
    if (tolerant && lines.length === 0 && raw.length < 3) continue;
    const trimmed = raw.trimEnd();
    lines.push({ text: trimmed.slice(spaced ? 2 : 1), span: { ...span, end: start + trimmed.length } });
  }
}

/** Warns of lines that are too long and of single spaces between sentences, except in literal blocks. */
export function checkDocLines(lines: readonly DocLine[], reporter: Reporter): void {
  let literal = false;
  let literalIndent = 0;
  for (const { text, span } of lines) {
    if (text.endsWith('::') || text.trimStart().startsWith('.. qmp-example::')) {
      literal = true;
      literalIndent = 0;
      continue;
    }
    if (literal && text !== '') {
      const indent = indentOf(text);
      if (literalIndent === 0) literalIndent = indent;
      if (indent === 0 || indent < literalIndent) literal = false;
    }
    if (!literal) checkLine(text, span, reporter);
  }
}

function checkLine(text: string, span: Span, reporter: Reporter): void {
  if (text.length + 2 > MAX_LINE_LENGTH && !ONLY_A_URL.test(text)) {
    reporter.warning('doc-line-too-long', 'documentation line longer than 70 characters', span);
  }
  if (!text.includes('. ') && !text.includes('! ') && !text.includes('? ')) return;
  const match = [...text.matchAll(SINGLE_SPACE)].find(([, end]) => end !== undefined);
  if (!match) return;
  const start = span.start + 2 + match.index;
  reporter.warning('doc-sentence-space', SENTENCE_SPACE, { ...span, start, end: start + 3 });
}

function isMark(line: string, tolerant: boolean): boolean {
  return tolerant ? /^#[ \t]*##?[ \t]*$/.test(line) && line.trim().endsWith('##') : line === '##';
}

const SENTENCE_SPACE =
  'Use two spaces between sentences\nIf this not the end of a sentence, please report a bug.';
const HINT_FORM = 'for documentation of 2012 use --dialect 2012';
