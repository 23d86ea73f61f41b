/** Finds the lines of a documentation comment, and checks each line (qemu-ga §10.6). */
import type { DiagnosticCode } from '../diagnostics/codes.js';
import type { Reporter } from '../diagnostics/diagnostics.js';
import type { Source, Span } from '../source.js';
import { skipBlanks, withoutTrailingBlanks } from './blanks.js';
import { indentOf } from './doc-text.js';

/** One line of a block, without `# ` and trailing blanks; its offsets in the source include the `#`. */
export interface DocLine {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** A block from `##` to `##`. */
export interface DocBlock {
  readonly lines: readonly DocLine[];
  readonly span: Span;
  /** True if a line may have to be reported by {@link checkDocLines}. */
  readonly suspicious: boolean;
  /** True if an error was reported. */
  readonly broken: boolean;
}

/** The maximum length of a line with its `# `, in characters. */
const MAX_LINE_LENGTH = 70;

const ONLY_A_URL = /^ *(?:https?|ftp):\/\/[^ ]*$/;

/** Finds text that may have a single blank between sentences. */
const ANY_SINGLE_SPACE = /[.!?] [A-Z0-9(]/;

/** The end of a sentence before a single blank. An abbreviation or list number matches without the group. */
const SINGLE_SPACE = /\be\.g\. [A-Z0-9(]|^ *\d\. [A-Z0-9(]|([.!?]) [A-Z0-9(]/g;

const NUMBER_SIGN = 0x23;
const SPACE = 0x20;

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
  let long = false;

  const report = (code: DiagnosticCode, message: string, span: Span): void => {
    if (tolerant) return;
    broken = true;
    reporter.error(code, message, span, { hint: HINT_FORM });
  };
  const lineSpan = (start: number): Span => {
    const end = text.indexOf('\n', start);
    return { source, start, end: end === -1 ? text.length : end };
  };
  const finish = (end: number) => {
    const suspicious = long || ANY_SINGLE_SPACE.test(text.slice(offset, end));
    return { block: { lines, span: { source, start: offset, end }, suspicious, broken }, end };
  };

  const first = lineSpan(offset);
  const opening = text.slice(first.start, first.end);
  if (!isMark(opening, tolerant)) {
    report('doc-junk-at-start', "junk after '##' at start of documentation comment", first);
    if (/^#+\s*$/.test(opening)) return { end: first.end };
  }

  for (let end = first.end; ; ) {
    // Most lines begin with '#'.
    const adjacent = text.charCodeAt(end + 1) === NUMBER_SIGN;
    const gap = adjacent ? '\n' : text.slice(end, skipBlanks(text, end));
    const start = end + gap.length;
    const interrupted = tolerant && !adjacent && gap.indexOf('\n') !== gap.lastIndexOf('\n');
    if (text.charCodeAt(start) !== NUMBER_SIGN || interrupted) {
      const at = start < text.length ? start : Math.max(offset, withoutTrailingBlanks(text).length);
      const place = { source, start: at, end: Math.min(at + 1, text.length) };
      report('doc-unterminated', "documentation comment must end with '##'", place);
      return finish(end);
    }
    const lineEnd = text.indexOf('\n', start);
    end = lineEnd === -1 ? text.length : lineEnd;
    const second = text.charCodeAt(start + 1);
    if (second === NUMBER_SIGN || (tolerant && isMark(text.slice(start, end), tolerant))) {
      if (!isMark(text.slice(start, end), tolerant)) {
        report('doc-junk-at-end', "junk after '##' at end of documentation comment", { source, start, end });
      }
      return finish(end);
    }
    const spaced = second === SPACE || end === start + 1;
    if (!spaced && !spaceReported) {
      spaceReported = true;
      report('doc-missing-space', 'missing space after #', { source, start, end });
    }
    if (tolerant && lines.length === 0 && end - start < 3) continue;
    const textStart = start + (spaced ? 2 : 1);
    const content = textStart < end ? withoutTrailingBlanks(text.slice(textStart, end)) : '';
    const contentEnd =
      content === ''
        ? start + withoutTrailingBlanks(text.slice(start, end)).length
        : textStart + content.length;
    long ||= content.length + 2 > MAX_LINE_LENGTH;
    lines.push({ text: content, start, end: contentEnd });
  }
}

/** Warns of lines that are too long and of single spaces between sentences, except in literal blocks. */
export function checkDocLines({ lines, span, suspicious }: DocBlock, reporter: Reporter): void {
  if (!suspicious) return;
  let literal = false;
  let literalIndent = 0;
  for (const line of lines) {
    const { text } = line;
    if (text.endsWith('::') || text.startsWith('.. qmp-example::', indentOf(text))) {
      literal = true;
      literalIndent = 0;
      continue;
    }
    if (literal && text !== '') {
      const indent = indentOf(text);
      if (literalIndent === 0) literalIndent = indent;
      if (indent === 0 || indent < literalIndent) literal = false;
    }
    if (!literal) checkLine(span.source, line, reporter);
  }
}

function checkLine(source: Source, { text, start, end }: DocLine, reporter: Reporter): void {
  if (text.length + 2 > MAX_LINE_LENGTH && !ONLY_A_URL.test(text)) {
    reporter.warning('doc-line-too-long', 'documentation line longer than 70 characters', {
      source,
      start,
      end,
    });
  }
  if (!text.includes('. ') && !text.includes('! ') && !text.includes('? ')) return;
  const match = [...text.matchAll(SINGLE_SPACE)].find(([, end]) => end !== undefined);
  if (!match) return;
  const at = start + 2 + match.index;
  reporter.warning('doc-sentence-space', SENTENCE_SPACE, { source, start: at, end: at + 3 });
}

function isMark(line: string, tolerant: boolean): boolean {
  return tolerant ? /^#[ \t]*##?[ \t]*$/.test(line) && line.trim().endsWith('##') : line === '##';
}

const SENTENCE_SPACE =
  'Use two spaces between sentences\nIf this not the end of a sentence, please report a bug.';
const HINT_FORM = "write each line as '# text', between two lines '##'";
