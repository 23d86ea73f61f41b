/**
 * Documentation comments: a block of lines to its parts (reference 10.6; for the dialect of 2012, 11.3).
 *
 * Rules that are younger than QEMU 7.2, whose schemas are in use, give warnings; the others errors. The reader
 * for 2012 takes everything, and makes of it what it can.
 */
import type { Dialect } from './compile.js';
import type { DiagnosticCode } from './diagnostic-codes.js';
import type { DiagnosticDetails, Reporter } from './diagnostics.js';
import { checkDocLines, type DocBlock, type DocLine, indentOf, readDocBlock } from './doc-lines.js';
import type { Source, Span } from './source.js';
import type { DocNode, DocSection, StringNode } from './syntax.js';

/** Reads the documentation comment that begins at `offset`. `end` is behind it; there is none if its first line is a mere bar. */
export const parseDocComment = (
  source: Source,
  offset: number,
  dialect: Dialect,
  reporter: Reporter,
): { readonly doc?: DocNode; readonly end: number } => {
  const tolerant = dialect === '2012';
  const { block, end } = readDocBlock(source, offset, tolerant, reporter);
  if (!block) return { end };
  if (!tolerant) checkDocLines(block.lines, reporter);
  const definition = block.lines[0]?.text.startsWith('@');
  const parse = definition ? parseDefinitionDoc : parseFreeForm;
  return { doc: parse(block, tolerant, reporter), end };
};

/** A tag of today, or one that was. */
const TAG = /^(Returns|Errors|Since|Notes?|Examples?|TODO)(?!::): */;
/** In 2012 the colon could be missing before a release number. */
const TAG_2012 = /^(?:(Returns|Errors|Since|Notes?|Examples?|TODO)(?!::): *|(Since) +(?=\d))/;
const ENTRY = /^@([^:]*): */;
const ENTRY_2012 = /^ ?@([\w.-]+): */;
const HEADING = /^=+ \S/;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const parseFreeForm = (block: DocBlock, tolerant: boolean, reporter: Reporter): DocNode => {
  let { broken } = block;
  const error = (code: DiagnosticCode, message: string, span: Span, hint?: string): void => {
    broken = true;
    reporter.error(code, message, span, { hint });
  };
  for (const [index, { text, span }] of tolerant ? [] : block.lines.entries()) {
    const entry = ENTRY.exec(text);
    if (entry) {
      const message = `'@${entry[1]}:' not allowed in free-form documentation`;
      error('doc-free-form-entry', message, span, HINT_2012);
    }
    if (index > 0 && HEADING.test(text)) {
      error('doc-heading', "'=' heading must come first in a comment block", span);
    }
  }
  return {
    kind: 'doc',
    text: joined(block.lines.map(({ text }) => text)),
    members: new Map(),
    features: new Map(),
    further: [],
    broken,
    span: block.span,
  };
};

const parseDefinitionDoc = (block: DocBlock, tolerant: boolean, reporter: Reporter): DocNode => {
  const { lines } = block;
  const members = new Map<string, DocSection>();
  const features = new Map<string, DocSection>();
  const sections: Writable<Pick<DocNode, 'returns' | 'errors' | 'since'>> = {};
  const further: string[] = [];
  const entryPattern = tolerant ? ENTRY_2012 : ENTRY;
  const tagPattern = tolerant ? TAG_2012 : TAG;
  let { broken } = block;
  let body: string | undefined;
  let plain: string[] = [];
  let at = 0;
  /** True behind the descriptions of members. */
  let late = false;

  const error = (code: DiagnosticCode, message: string, span: Span, details?: DiagnosticDetails): void => {
    if (tolerant) return;
    broken = true;
    reporter.error(code, message, span, details);
  };
  const warning = (code: DiagnosticCode, message: string, span: Span, details?: DiagnosticDetails): void => {
    if (!tolerant) reporter.warning(code, message, span, details);
  };

  /** Ends the plain text before a description or section. */
  const endPlain = (): void => {
    const text = joined(plain);
    if (body === undefined) body = text;
    else if (text !== '') further.push(text);
    plain = [];
  };

  const isText = (line: DocLine | undefined): boolean =>
    line !== undefined &&
    line.text !== '' &&
    line.text !== 'Features:' &&
    !entryPattern.test(line.text) &&
    !tagPattern.test(line.text);

  /**
   * The text of the description or section whose first line is the current one; goes behind it. Text that begins
   * below its tag has to be indented, which it had not before QEMU 8.1: then `misplaced`.
   */
  const readText = (first: string): { readonly text: string; readonly misplaced: boolean } => {
    at += 1;
    const loose = tolerant || first === '';
    const unindented: string[] = [];
    while (loose && isText(lines[at]) && indentOf(lines[at]?.text ?? '') === 0) {
      unindented.push(lines[at]?.text ?? '');
      at += 1;
    }
    const indented = readIndented();
    return {
      text: joined([first, ...unindented, ...dedented(indented)]),
      misplaced: first === '' && unindented.length > 0,
    };
  };

  /** Lines that are indented like the first of them, and blank ones between. */
  const readIndented = (): string[] => {
    const taken: string[] = [];
    let indent = 0;
    let afterBlank = false;
    for (let line = lines[at]; line; line = lines[at]) {
      if (line.text !== '') {
        const own = indentOf(line.text);
        if (own === 0 && (indent === 0 || afterBlank || entryPattern.test(line.text))) break;
        if (own === 0 && tagPattern.test(line.text)) {
          warning('doc-de-indent', deIndented(indent), line.span, { hint: 'put a blank line before it' });
          break;
        }
        if (indent === 0) indent = own;
        if (own < indent) {
          if (afterBlank) break;
          error('doc-de-indent', deIndented(indent), line.span, { hint: HINT_2012 });
          indent = Math.max(1, own);
        }
      }
      afterBlank = line.text === '';
      taken.push(line.text);
      at += 1;
    }
    return taken;
  };

  /** Consecutive `@name: text`. */
  const readEntries = (into: Map<string, DocSection>, checkLate: boolean): void => {
    for (let line = lines[at]; line; line = lines[at]) {
      const match = entryPattern.exec(line.text);
      if (!match) break;
      const [tag, name = ''] = match;
      if (checkLate && late) {
        error('doc-description-late', `description of '@${name}:' follows a section`, line.span);
      }
      const span = { source: line.span.source, start: line.span.end - line.text.length, end: line.span.end };
      const { text: raw, misplaced } = readText(line.text.slice(tag.length));
      const text = tolerant ? raw.replace(/^#optional\s*/, '') : raw;
      const earlier = into.get(name);
      if (name === '') {
        error('doc-entry-name', 'invalid parameter name', line.span);
      } else if (earlier) {
        const related = [{ message: 'first described here', span: earlier.span }];
        error('doc-entry-duplicated', `'${name}' parameter name duplicated`, line.span, { related });
      } else {
        if (text === '' || misplaced)
          warning('doc-entry-empty', `text required after '@${name}:'`, line.span);
        into.set(name, { name, text, span });
      }
    }
  };

  const readFeatures = (line: DocLine): void => {
    if (features.size > 0) error('doc-features-duplicated', "duplicated 'Features:' line", line.span);
    at += 1;
    while (lines[at]?.text === '') at += 1;
    const before = features.size;
    readEntries(features, false);
    if (features.size === before) {
      error('doc-features-empty', 'feature descriptions expected', lines[at]?.span ?? line.span);
    }
  };

  const readSection = (line: DocLine, tag: string, name: string): void => {
    const { span } = line;
    const unsupported = SUPERSEDED.get(name);
    if (unsupported !== undefined) {
      const message = `The '${name}' section is no longer supported. Please use ${unsupported}`;
      warning('doc-section-unsupported', message, span);
    }
    const { text, misplaced } = readText(line.text.slice(tag.length));
    if (unsupported !== undefined) {
      if (text !== '') further.push(directive(name, text));
      return;
    }
    const required = `text required after '${name}:'`;
    if (text === '') error('doc-section-empty', required, span);
    else if (misplaced) warning('doc-section-empty', required, span, { hint: 'indent it' });
    const key = SECTION_KEYS.get(name);
    if (key === undefined) return;
    if (sections[key]) {
      const related = [{ message: 'first given here', span: sections[key].span }];
      error('doc-section-duplicated', `duplicated '${name}' section`, span, { related });
    } else {
      sections[key] = { name, text, span };
    }
  };

  const { symbol, rest } = parseSymbol(lines[0], error, tolerant);
  if (rest !== '') plain.push(rest);
  at = 1;
  for (let line = lines[at]; line; line = lines[at]) {
    const tag = tagPattern.exec(line.text);
    if (line.text === '') {
      plain.push('');
      at += 1;
    } else if (line.text === 'Features:') {
      endPlain();
      readFeatures(line);
      late = true;
    } else if (entryPattern.test(line.text)) {
      endPlain();
      readEntries(members, true);
      late = true;
    } else if (tag) {
      endPlain();
      readSection(line, tag[0], tag[1] ?? tag[2] ?? '');
      late = true;
    } else {
      if (HEADING.test(line.text)) {
        error('doc-heading', "unexpected '=' markup in definition documentation", line.span);
      }
      for (let more: DocLine | undefined = line; more && more.text !== ''; more = lines[at]) {
        if (tolerant && !isText(more)) break;
        plain.push(more.text);
        at += 1;
      }
    }
  }
  endPlain();

  return {
    kind: 'doc',
    ...(symbol && { symbol }),
    text: body ?? '',
    members,
    features,
    ...sections,
    further,
    broken,
    span: block.span,
  };
};

/** The line that names the definition, and in 2012 what stands behind the name. */
const parseSymbol = (
  line: DocLine | undefined,
  error: (code: DiagnosticCode, message: string, span: Span, details?: DiagnosticDetails) => void,
  tolerant: boolean,
): { readonly symbol?: StringNode; readonly rest: string } => {
  if (!line) return { rest: '' };
  const { text, span } = line;
  const closed = text.endsWith(':');
  if (!closed) error('doc-name-line', "line should end with ':'", span, { hint: HINT_NAME });
  const value = closed && !tolerant ? text.slice(1, -1) : (/^@([\w.-]*)/.exec(text)?.[1] ?? '');
  if (value === '') {
    if (closed) error('doc-name-missing', "name required after '@'", span);
    return { rest: '' };
  }
  const start = span.end - text.length + 1;
  const symbol: StringNode = {
    kind: 'string',
    value,
    span: { source: span.source, start, end: start + value.length },
  };
  return { symbol, rest: text.slice(1 + value.length).replace(/^:?\s*/, '') };
};

const SECTION_KEYS: ReadonlyMap<string, 'returns' | 'errors' | 'since'> = new Map([
  ['Returns', 'returns'],
  ['Errors', 'errors'],
  ['Since', 'since'],
]);

const USE_NOTE =
  "rST's '.. note::' or '.. admonition:: notes' directives, or another suitable admonition instead.";
const USE_EXAMPLE = "the '.. qmp-example::' directive, or other suitable markup instead.";

/** Sections that were, and what to write instead. */
const SUPERSEDED: ReadonlyMap<string, string> = new Map([
  ['Note', USE_NOTE],
  ['Notes', USE_NOTE],
  ['Example', USE_EXAMPLE],
  ['Examples', USE_EXAMPLE],
]);

/** A section that was, in the markup that took its place. */
const directive = (name: string, text: string): string => {
  const content = text.split('\n').map((line) => (line === '' ? '' : `   ${line}`));
  return name.startsWith('Note')
    ? `.. note:: ${content.join('\n').trimStart()}`
    : `.. qmp-example::\n\n${content.join('\n')}`;
};

const deIndented = (indent: number): string => `unexpected de-indent (expected at least ${indent} spaces)`;

/** Lines without the indentation that all of them share. */
const dedented = (lines: readonly string[]): string[] => {
  let shared = Number.POSITIVE_INFINITY;
  for (const line of lines) if (line !== '') shared = Math.min(shared, indentOf(line));
  return lines.map((line) => line.slice(shared));
};

/** Lines as one text, without blank ones at either end. */
const joined = (lines: readonly string[]): string => {
  const first = lines.findIndex((line) => line !== '');
  if (first === -1) return '';
  const last = lines.findLastIndex((line) => line !== '');
  return lines.slice(first, last + 1).join('\n');
};

const HINT_2012 = 'documentation of 2012 is read with --dialect 2012';
const HINT_NAME = "write '# @NAME:' and the text below it; documentation of 2012 is read with --dialect 2012";
