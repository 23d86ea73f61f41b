/**
 * The documentation of one definition: its name, descriptions, sections and further text (qemu-ga §10.6, §11.3).
 */
import type { Reporter } from '../diagnostics/diagnostics.js';
import type { Span } from '../source.js';
import { type Complain, type DocForm, ENTRY, HEADING } from './doc-form.js';
import type { DocBlock, DocLine } from './doc-lines.js';
import { asDirective, DROPPED_SECTIONS, dedented, indentOf, joined } from './doc-text.js';
import type { DocNode, DocSection, StringNode } from './tree.js';

const TAG = /^(Returns|Errors|Since|Notes?|Examples?|TODO)(?!::): */;
/** In 2012 the colon could be missing before the number of a release. */
const TAG_2012 = /^(?:(Returns|Errors|Since|Notes?|Examples?|TODO)(?!::): *|(Since) +(?=\d))/;
const ENTRY_2012 = /^ ?@([\w.-]+): */;
const FEATURES = 'Features:';
/** How 2012 marked an optional member. */
const OPTIONAL = /(?:^|\s)#optional\b/;
/** A release whose colon was forgotten, as 2012 often did; QEMU 10 does it too, so it is no error. */
const SINCE_2012 = /^Since \d+(?:\.\d+)+$/;

/** Reads a block whose first line names a definition. In 2012 it could do without the name. */
export function parseDefinitionDoc(block: DocBlock, form: DocForm, reporter: Reporter): DocNode {
  let { broken } = block;
  const error: Complain = (...report) => {
    if (form === '2012') return;
    // That tag leaves nothing of the comment unread.
    broken ||= report[0] !== 'doc-optional';
    reporter.error(...report);
  };
  const warning: Complain = (...report) => {
    if (form !== '2012') reporter.warning(...report);
  };
  const [first, ...others] = block.lines;
  const named = first?.text.startsWith('@') ? first : undefined;
  const { symbol, rest } = named ? parseSymbol(named, form, error) : { rest: '' };
  return {
    kind: 'doc',
    ...readParts(named ? others : block.lines, rest, form, error, warning),
    whole: joined(block.lines.map(({ text }) => text)),
    ...(symbol && { symbol }),
    oldForm: form !== 'today',
    broken,
    span: block.span,
  };
}

/** The line that names the definition, and in 2012 what stands behind the name. */
function parseSymbol(
  { text, span }: DocLine,
  form: DocForm,
  error: Complain,
): { readonly symbol?: StringNode; readonly rest: string } {
  const closed = text.endsWith(':');
  if (!closed) error('doc-name-line', "line should end with ':'", span, { hint: HINT_NAME });
  const value = closed && form !== '2012' ? text.slice(1, -1) : (/^@([\w.-]*)/.exec(text)?.[1] ?? '');
  if (value === '') {
    if (closed) error('doc-name-missing', "name required after '@'", span);
    return { rest: '' };
  }
  const start = span.end - text.length + 1;
  const own: Span = { source: span.source, start, end: start + value.length };
  const rest = text.slice(1 + value.length).replace(/^:?\s*/, '');
  return { symbol: { kind: 'string', value, span: own }, rest };
}

type Parts = Pick<DocNode, 'text' | 'members' | 'features' | 'returns' | 'errors' | 'since' | 'further'>;

/** Everything below the line with the name; `rest` is what of that line belongs to the text. */
function readParts(
  lines: readonly DocLine[],
  rest: string,
  form: DocForm,
  error: Complain,
  warning: Complain,
): Parts {
  const old = form === '2012';
  const entryPattern = old ? ENTRY_2012 : ENTRY;
  const tagPattern = old ? TAG_2012 : TAG;
  const members = new Map<string, DocSection>();
  const features = new Map<string, DocSection>();
  const sections = new Map<string, DocSection>();
  const further: string[] = [];
  let body: string | undefined;
  let plain: string[] = [rest];
  let at = 0;
  /** True behind the descriptions of members. */
  let late = false;

  /** Ends the plain text before a description or section. */
  const endPlain = (): void => {
    const text = joined(plain);
    if (body === undefined) body = text;
    else if (text !== '') further.push(text);
    plain = [];
  };

  const isText = ({ text }: DocLine): boolean =>
    text !== '' && text !== FEATURES && !entryPattern.test(text) && !tagPattern.test(text);

  /**
   * The text of the description or section whose first line is the current one; goes behind it. Text that begins
   * below its tag must be indented, which was not so before QEMU 8.1: then it is `misplaced`.
   */
  const readText = (first: string): { readonly text: string; readonly misplaced: boolean } => {
    at += 1;
    const unindented: string[] = [];
    if (old || first === '') {
      for (let line = lines[at]; line && isText(line) && indentOf(line.text) === 0; line = lines[at]) {
        unindented.push(line.text);
        at += 1;
      }
    }
    const text = joined([first, ...unindented, ...dedented(readIndented())]);
    return { text, misplaced: first === '' && unindented.length > 0 };
  };

  /** Lines that are indented like the first of them, and blank ones between. */
  const readIndented = (): readonly string[] => {
    const taken: string[] = [];
    let indent = 0;
    let afterBlank = false;
    for (let line = lines[at]; line; line = lines[at]) {
      const { text, span } = line;
      const own = indentOf(text);
      if (text !== '') {
        if (own === 0 && (indent === 0 || afterBlank || entryPattern.test(text))) break;
        indent ||= own;
        if (own < indent) {
          if (afterBlank) break;
          const message = `unexpected de-indent (expected at least ${indent} spaces)`;
          if (own === 0 && tagPattern.test(text)) {
            warning('doc-de-indent', message, span, { hint: 'put a blank line before it' });
            break;
          }
          error('doc-de-indent', message, span, { hint: HINT_INDENT });
          indent = Math.max(1, own);
        }
      }
      afterBlank = text === '';
      taken.push(text);
      at += 1;
    }
    return taken;
  };

  /** Consecutive `@name: text`. */
  const readEntries = (into: Map<string, DocSection>, tooLate: boolean): void => {
    for (let line = lines[at]; line; line = lines[at]) {
      const { span } = line;
      const match = entryPattern.exec(line.text);
      if (!match) break;
      const [tag, name = ''] = match;
      if (tooLate) error('doc-description-late', `description of '@${name}:' follows a section`, span);
      const start = span.end - line.text.trimStart().length;
      const { text, misplaced } = readText(line.text.slice(tag.length));
      const section = {
        name,
        text: old ? text.replace(/^#optional\s*/, '') : text,
        span: { source: span.source, start, end: span.end },
      };
      const earlier = into.get(name);
      if (name === '') {
        error('doc-entry-name', 'invalid parameter name', span);
      } else if (earlier) {
        const related = [{ message: 'first described here', span: earlier.span }];
        error('doc-entry-duplicated', `'${name}' parameter name duplicated`, section.span, { related });
      } else {
        if (OPTIONAL.test(text)) {
          const message = `'#optional' is no longer supported: '*${name}' in the definition says it`;
          error('doc-optional', message, section.span, { hint: HINT_OPTIONAL });
        }
        const report = form === 'before 9.1' ? warning : error;
        if (text === '' || misplaced)
          report('doc-entry-empty', `text required after '@${name}:'`, section.span);
        into.set(name, section);
      }
    }
  };

  const readFeatures = (line: DocLine): void => {
    const repeated = features.size > 0;
    if (repeated) error('doc-features-duplicated', `duplicated '${FEATURES}' line`, line.span);
    at += 1;
    while (lines[at]?.text === '') at += 1;
    readEntries(features, false);
    if (!repeated && features.size === 0) {
      error('doc-features-empty', 'feature descriptions expected', lines[at]?.span ?? line.span);
    }
  };

  const readSection = ({ text: lineText, span }: DocLine, tag: string, name: string): void => {
    const replacement = DROPPED_SECTIONS.get(name);
    if (replacement !== undefined) {
      const message = `The '${name}' section is no longer supported. Please use ${replacement}`;
      warning('doc-section-unsupported', message, span);
    }
    const { text, misplaced } = readText(lineText.slice(tag.length));
    if (replacement !== undefined) {
      if (text !== '') further.push(asDirective(name, text));
      return;
    }
    const report = misplaced && form === 'before 9.1' ? warning : error;
    if (text === '' || misplaced) report('doc-section-empty', `text required after '${name}:'`, span);
    const earlier = sections.get(name);
    if (name === 'TODO') return;
    if (earlier) {
      const related = [{ message: 'first given here', span: earlier.span }];
      error('doc-section-duplicated', `duplicated '${name}' section`, span, { related });
    } else {
      sections.set(name, { name, text, span });
    }
  };

  const readParagraph = (first: DocLine): void => {
    if (SINCE_2012.test(first.text)) {
      warning('doc-since-colon', "'Since' is no section without a colon", first.span, { hint: HINT_SINCE });
    }
    for (let line = lines[at]; line && line.text !== '' && (!old || isText(line)); line = lines[at]) {
      if (HEADING.test(line.text)) {
        error('doc-heading', "unexpected '=' markup in definition documentation", line.span);
      }
      plain.push(line.text);
      at += 1;
    }
  };

  for (let line = lines[at]; line; line = lines[at]) {
    const tag = tagPattern.exec(line.text);
    if (line.text === '') {
      plain.push('');
      at += 1;
    } else if (isText(line)) {
      readParagraph(line);
    } else {
      endPlain();
      if (line.text === FEATURES) readFeatures(line);
      else if (tag) readSection(line, tag[0], tag[1] ?? tag[2] ?? '');
      else readEntries(members, late);
      late = true;
    }
  }
  endPlain();

  const returns = sections.get('Returns');
  const errors = sections.get('Errors');
  const since = sections.get('Since');
  return {
    text: body ?? '',
    members,
    features,
    further,
    ...(returns && { returns }),
    ...(errors && { errors }),
    ...(since && { since }),
  };
}

const HINT_INDENT = 'indent it like the lines above; documentation of 2012 is read with --dialect 2012';
const HINT_NAME = "write '# @NAME:' and the text below it; documentation of 2012 is read with --dialect 2012";
const HINT_OPTIONAL = "remove '#optional'; documentation of 2012 is read with --dialect 2012";
const HINT_SINCE = "write '# Since: RELEASE'; documentation of 2012 is read with --dialect 2012";
