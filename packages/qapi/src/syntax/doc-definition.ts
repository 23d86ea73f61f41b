/** Parses the documentation of one definition: name, descriptions, sections, text (qemu-ga §10.6, §11.3). */
import type { Span } from '../source.js';
import { type DocReporter, ENTRY, HEADING } from './doc-form.js';
import type { DocBlock, DocLine } from './doc-lines.js';
import { asDirective, DROPPED_SECTIONS, dedented, indentOf, joined } from './doc-text.js';
import type { DocNode, DocSection, StringNode } from './tree.js';

const TAG = /^(Returns|Errors|Since|Notes?|Examples?|TODO)(?!::): */;
/** In 2012 the colon before the number of a release was optional. */
const TAG_2012 = /^(?:(Returns|Errors|Since|Notes?|Examples?|TODO)(?!::): *|(Since) +(?=\d))/;
const ENTRY_2012 = /^ ?@([\w.-]+): */;
const FEATURES = 'Features:';
/** The mark of an optional member in 2012. */
const OPTIONAL = /(?:^|\s)#optional\b/;
/** A release without a colon. QEMU 10 has such lines too, so it is not an error. */
const SINCE_2012 = /^Since \d+(?:\.\d+)+$/;

/** Parses a block whose first line names a definition; in 2012 the name was optional. */
export function parseDefinitionDoc({ lines, span }: DocBlock, report: DocReporter): DocNode {
  const [first, ...others] = lines;
  const named = first?.text.startsWith('@') ? first : undefined;
  const { symbol, rest } = named ? parseSymbol(named, report) : { rest: '' };
  return {
    kind: 'doc',
    ...new PartsParser(named ? others : lines, rest, report).parse(),
    whole: joined(lines.map(({ text }) => text)),
    ...(symbol && { symbol }),
    oldForm: report.form !== 'today',
    broken: report.broken,
    span,
  };
}

/** Parses the line with the name. In 2012 text could follow the name: `rest`. */
function parseSymbol(
  { text, span }: DocLine,
  report: DocReporter,
): { readonly symbol?: StringNode; readonly rest: string } {
  const closed = text.endsWith(':');
  if (!closed) report.error('doc-name-line', "line should end with ':'", span, { hint: HINT_NAME });
  const value = closed && report.form !== '2012' ? text.slice(1, -1) : (/^@([\w.-]*)/.exec(text)?.[1] ?? '');
  if (value === '') {
    if (closed) report.error('doc-name-missing', "name required after '@'", span);
    return { rest: '' };
  }
  const start = span.end - text.length + 1;
  const place: Span = { source: span.source, start, end: start + value.length };
  const rest = text.slice(1 + value.length).replace(/^:?\s*/, '');
  return { symbol: { kind: 'string', value, span: place }, rest };
}

type Parts = Pick<DocNode, 'text' | 'members' | 'features' | 'returns' | 'errors' | 'since' | 'further'>;

/** Text of a description or section; `misplaced` if it begins below its tag without an indentation. */
interface TaggedText {
  readonly text: string;
  readonly misplaced: boolean;
}

/** Parses the lines after the name. */
class PartsParser {
  readonly #lines: readonly DocLine[];
  readonly #report: DocReporter;
  readonly #old: boolean;
  readonly #entryPattern: RegExp;
  readonly #tagPattern: RegExp;
  readonly #members = new Map<string, DocSection>();
  readonly #features = new Map<string, DocSection>();
  readonly #sections = new Map<string, DocSection>();
  readonly #further: string[] = [];
  #body: string | undefined;
  #plain: string[];
  #at = 0;

  constructor(lines: readonly DocLine[], rest: string, report: DocReporter) {
    this.#lines = lines;
    this.#plain = [rest];
    this.#report = report;
    this.#old = report.form === '2012';
    this.#entryPattern = this.#old ? ENTRY_2012 : ENTRY;
    this.#tagPattern = this.#old ? TAG_2012 : TAG;
  }

  parse(): Parts {
    let afterDescriptions = false;
    for (let line = this.#line; line; line = this.#line) {
      const tag = this.#tagPattern.exec(line.text);
      if (line.text === '') {
        this.#plain.push('');
        this.#at += 1;
      } else if (this.#isText(line)) {
        this.#readParagraph(line);
      } else {
        this.#endPlain();
        if (line.text === FEATURES) this.#readFeatures(line);
        else if (tag) this.#readSection(line, tag[0], tag[1] ?? tag[2] ?? '');
        else this.#readEntries(this.#members, afterDescriptions);
        afterDescriptions = true;
      }
    }
    this.#endPlain();
    const returns = this.#sections.get('Returns');
    const errors = this.#sections.get('Errors');
    const since = this.#sections.get('Since');
    return {
      text: this.#body ?? '',
      members: this.#members,
      features: this.#features,
      further: this.#further,
      ...(returns && { returns }),
      ...(errors && { errors }),
      ...(since && { since }),
    };
  }

  get #line(): DocLine | undefined {
    return this.#lines[this.#at];
  }

  #isText({ text }: DocLine): boolean {
    return text !== '' && text !== FEATURES && !this.#entryPattern.test(text) && !this.#tagPattern.test(text);
  }

  /** Ends the plain text before a description or section. */
  #endPlain(): void {
    const text = joined(this.#plain);
    if (this.#body === undefined) this.#body = text;
    else if (text !== '') this.#further.push(text);
    this.#plain = [];
  }

  #readParagraph(first: DocLine): void {
    if (SINCE_2012.test(first.text)) {
      const message = "'Since' is no section without a colon";
      this.#report.warning('doc-since-colon', message, first.span, { hint: HINT_SINCE });
    }
    for (let line = this.#line; line?.text && (!this.#old || this.#isText(line)); line = this.#line) {
      if (HEADING.test(line.text)) {
        const message = "unexpected '=' markup in definition documentation";
        this.#report.error('doc-heading', message, line.span);
      }
      this.#plain.push(line.text);
      this.#at += 1;
    }
  }

  #readFeatures({ span }: DocLine): void {
    const repeated = this.#features.size > 0;
    if (repeated) this.#report.error('doc-features-duplicated', `duplicated '${FEATURES}' line`, span);
    this.#at += 1;
    while (this.#line?.text === '') this.#at += 1;
    this.#readEntries(this.#features, false);
    if (!repeated && this.#features.size === 0) {
      this.#report.error('doc-features-empty', 'feature descriptions expected', this.#line?.span ?? span);
    }
  }

  #readSection({ text: lineText, span }: DocLine, tag: string, name: string): void {
    const replacement = DROPPED_SECTIONS.get(name);
    if (replacement !== undefined) {
      const message = `The '${name}' section is no longer supported. Please use ${replacement}`;
      this.#report.warning('doc-section-unsupported', message, span);
    }
    const { text, misplaced } = this.#readText(lineText.slice(tag.length));
    if (replacement !== undefined) {
      if (text !== '') this.#further.push(asDirective(name, text));
      return;
    }
    if (text === '' || misplaced) {
      this.#report.errorSince91(misplaced, 'doc-section-empty', `text required after '${name}:'`, span);
    }
    if (name === 'TODO') return;
    const earlier = this.#sections.get(name);
    if (earlier) {
      const related = [{ message: 'first given here', span: earlier.span }];
      this.#report.error('doc-section-duplicated', `duplicated '${name}' section`, span, { related });
    } else {
      this.#sections.set(name, { name, text, span });
    }
  }

  /** Reads consecutive `@name: text`. */
  #readEntries(into: Map<string, DocSection>, tooLate: boolean): void {
    for (let line = this.#line; line; line = this.#line) {
      const match = this.#entryPattern.exec(line.text);
      if (!match) break;
      const [tag, name = ''] = match;
      const { source, end } = line.span;
      if (tooLate) {
        const message = `description of '@${name}:' follows a section`;
        this.#report.error('doc-description-late', message, line.span);
      }
      const tagged = this.#readText(line.text.slice(tag.length));
      const span = { source, start: end - line.text.trimStart().length, end };
      if (name === '') this.#report.error('doc-entry-name', 'invalid parameter name', line.span);
      else this.#addEntry(into, name, span, tagged);
    }
  }

  #addEntry(into: Map<string, DocSection>, name: string, span: Span, { text, misplaced }: TaggedText): void {
    const earlier = into.get(name);
    if (earlier) {
      const related = [{ message: 'first described here', span: earlier.span }];
      this.#report.error('doc-entry-duplicated', `'${name}' parameter name duplicated`, span, { related });
    } else {
      if (OPTIONAL.test(text)) {
        const message = `'#optional' is no longer supported: '*${name}' in the definition says it`;
        this.#report.error('doc-optional', message, span, { hint: HINT_OPTIONAL });
      }
      if (text === '' || misplaced) {
        this.#report.errorSince91(true, 'doc-entry-empty', `text required after '@${name}:'`, span);
      }
      into.set(name, { name, text: this.#old ? text.replace(/^#optional\s*/, '') : text, span });
    }
  }

  /** Reads the text after a tag. Until QEMU 8.1, text that began below the tag needed no indentation. */
  #readText(first: string): TaggedText {
    this.#at += 1;
    const unindented: string[] = [];
    if (this.#old || first === '') {
      for (let line = this.#line; line && this.#isText(line) && /^\S/.test(line.text); line = this.#line) {
        unindented.push(line.text);
        this.#at += 1;
      }
    }
    const text = joined([first, ...unindented, ...dedented(this.#readIndented())]);
    return { text, misplaced: first === '' && unindented.length > 0 };
  }

  /** Reads lines with the indentation of the first one, and blank lines between them. */
  #readIndented(): readonly string[] {
    const taken: string[] = [];
    let indent = 0;
    let afterBlank = false;
    for (let line = this.#line; line; line = this.#line) {
      const { text, span } = line;
      const depth = indentOf(text);
      if (text !== '') {
        if (depth === 0 && (indent === 0 || afterBlank || this.#entryPattern.test(text))) break;
        indent ||= depth;
        if (depth < indent) {
          if (afterBlank) break;
          const message = `unexpected de-indent (expected at least ${indent} spaces)`;
          if (depth === 0 && this.#tagPattern.test(text)) {
            this.#report.warning('doc-de-indent', message, span, { hint: 'insert a blank line before it' });
            break;
          }
          this.#report.error('doc-de-indent', message, span, { hint: HINT_INDENT });
          indent = Math.max(1, depth);
        }
      }
      afterBlank = text === '';
      taken.push(text);
      this.#at += 1;
    }
    return taken;
  }
}

const HINT_INDENT = 'indent it like the lines above; for documentation of 2012 use --dialect 2012';
const HINT_NAME = "write '# @NAME:' and the text below it; for documentation of 2012 use --dialect 2012";
const HINT_OPTIONAL = "remove '#optional'; for documentation of 2012 use --dialect 2012";
const HINT_SINCE = "write '# Since: RELEASE'; for documentation of 2012 use --dialect 2012";
