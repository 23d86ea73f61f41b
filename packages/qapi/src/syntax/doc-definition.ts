/** Parses the documentation of one definition: name, descriptions, sections, text (qemu-ga §10.6, §11.3). */
import type { Source, Span } from '../source.js';
import { type DocReporter, ENTRY, HEADING } from './doc-form.js';
import type { DocBlock, DocLine } from './doc-lines.js';
import { asDirective, DROPPED_SECTIONS, dedented, indentOf, joined } from './doc-text.js';
import type { DocNode, DocSection, StringNode } from './tree.js';

const TAG = /^(Returns|Errors|Since|Notes?|Examples?|TODO)(?!::): */;
/** In 2012 the colon before the number of a release was optional. */
const TAG_2012 = /^(?:(Returns|Errors|Since|Notes?|Examples?|TODO)(?!::): *|(Since) +(?=\d))/;
const ENTRY_2012 = /^ ?@([\w.-]+): */;
const FEATURES = 'Features:';
const SPACE = 0x20;
/** The mark of an optional member in 2012. */
const NO_SECTIONS: ReadonlyMap<string, DocSection> = new Map();

const OPTIONAL = /(?:^|\s)#optional\b/;
/** The characters that a tag can begin with. */
const TAG_START = /^[RESNT]/;
/** A release without a colon. QEMU 10 has such lines too, so it is not an error. */
const SINCE_2012 = /^Since \d+(?:\.\d+)+$/;

/** Parses a block whose first line names a definition; in 2012 the name was optional. */
export function parseDefinitionDoc({ lines, span }: DocBlock, report: DocReporter): DocNode {
  const named = lines[0]?.text.startsWith('@') ? lines[0] : undefined;
  const { symbol, rest } = named ? parseSymbol(named, span.source, report) : { rest: '' };
  return {
    kind: 'doc',
    ...new PartsParser(named ? lines.slice(1) : lines, rest, span.source, report).parse(),
    // Only in 2012, such a comment may belong to no definition.
    whole: report.form === '2012' ? joined(lines.map(({ text }) => text)) : '',
    ...(symbol && { symbol }),
    oldForm: report.form !== 'today',
    broken: report.broken,
    span,
  };
}

/** Parses the line with the name. In 2012 text could follow the name: `rest`. */
function parseSymbol(
  { text, start: lineStart, end }: DocLine,
  source: Source,
  report: DocReporter,
): { readonly symbol?: StringNode; readonly rest: string } {
  const span = { source, start: lineStart, end };
  const closed = text.endsWith(':');
  if (!closed) report.error('doc-name-line', "line should end with ':'", span, { hint: HINT_NAME });
  const value = closed && report.form !== '2012' ? text.slice(1, -1) : (/^@([\w.-]*)/.exec(text)?.[1] ?? '');
  if (value === '') {
    if (closed) report.error('doc-name-missing', "name required after '@'", span);
    return { rest: '' };
  }
  const start = end - text.length + 1;
  const place: Span = { source, start, end: start + value.length };
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
  readonly #source: Source;
  readonly #report: DocReporter;
  readonly #old: boolean;
  readonly #entryPattern: RegExp;
  readonly #tagPattern: RegExp;
  readonly #members = new Map<string, DocSection>();
  #features: Map<string, DocSection> | undefined;
  readonly #sections = new Map<string, DocSection>();
  readonly #further: string[] = [];
  #body: string | undefined;
  #plain: string[];
  #at = 0;

  constructor(lines: readonly DocLine[], rest: string, source: Source, report: DocReporter) {
    this.#lines = lines;
    this.#source = source;
    this.#plain = [rest];
    this.#report = report;
    this.#old = report.form === '2012';
    this.#entryPattern = this.#old ? ENTRY_2012 : ENTRY;
    this.#tagPattern = this.#old ? TAG_2012 : TAG;
  }

  parse(): Parts {
    let afterDescriptions = false;
    for (let line = this.#line; line; line = this.#line) {
      if (line.text === '') {
        this.#plain.push('');
        this.#at += 1;
      } else if (this.#isText(line)) {
        this.#readParagraph(line);
      } else {
        this.#endPlain();
        const tag = this.#tagPattern.exec(line.text);
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
      features: this.#features ?? NO_SECTIONS,
      further: this.#further,
      ...(returns && { returns }),
      ...(errors && { errors }),
      ...(since && { since }),
    };
  }

  get #line(): DocLine | undefined {
    return this.#lines[this.#at];
  }

  #place({ start, end }: DocLine): Span {
    return { source: this.#source, start, end };
  }

  #isText({ text }: DocLine): boolean {
    if (text === '') return false;
    // Most lines are indented or begin with another character.
    if (text.charCodeAt(0) === SPACE && !this.#old) return true;
    if (TAG_START.test(text)) return !this.#tagPattern.test(text);
    return text !== FEATURES && !this.#entryPattern.test(text);
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
      this.#report.warning('doc-since-colon', message, this.#place(first), { hint: HINT_SINCE });
    }
    if (HEADING.test(first.text)) {
      const message = "unexpected '=' markup in definition documentation";
      this.#report.errorSince91(true, 'doc-heading', message, this.#place(first));
    }
    for (let line = this.#line; line?.text && (!this.#old || this.#isText(line)); line = this.#line) {
      this.#plain.push(line.text);
      this.#at += 1;
    }
  }

  #readFeatures(line: DocLine): void {
    const span = this.#place(line);
    this.#features ??= new Map();
    const repeated = this.#features.size > 0;
    if (repeated) this.#report.error('doc-features-duplicated', `duplicated '${FEATURES}' line`, span);
    this.#at += 1;
    while (this.#line?.text === '') this.#at += 1;
    this.#readEntries(this.#features, false);
    if (!repeated && this.#features.size === 0) {
      this.#report.error(
        'doc-features-empty',
        'feature descriptions expected',
        this.#line ? this.#place(this.#line) : span,
      );
    }
  }

  #readSection(line: DocLine, tag: string, name: string): void {
    const span = this.#place(line);
    const replacement = DROPPED_SECTIONS.get(name);
    if (replacement !== undefined) {
      const message = `The '${name}' section is no longer supported. Please use ${replacement}`;
      this.#report.warning('doc-section-unsupported', message, span);
    }
    const { text, misplaced } = this.#readText(line.text.slice(tag.length));
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
      const [tag, written = ''] = match;
      const name = this.#report.form === 'before 9.1' ? written.trimEnd() : written;
      if (tooLate) {
        const message = `description of '@${name}:' follows a section`;
        this.#report.errorSince91(true, 'doc-description-late', message, this.#place(line));
      }
      const tagged = this.#readText(line.text.slice(tag.length));
      const span = { ...this.#place(line), start: line.end - line.text.length + indentOf(line.text) };
      if (name === '') this.#report.error('doc-entry-name', 'invalid parameter name', this.#place(line));
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
      for (
        let line = this.#line;
        line && this.#isText(line) && indentOf(line.text) === 0;
        line = this.#line
      ) {
        unindented.push(line.text);
        this.#at += 1;
      }
    }
    const indented = this.#readIndented();
    const text =
      indented.length === 0 && unindented.length === 0
        ? first
        : joined([first, ...unindented, ...dedented(indented)]);
    return { text, misplaced: first === '' && unindented.length > 0 };
  }

  /** Reads lines with the indentation of the first one, and blank lines between them. */
  #readIndented(): readonly string[] {
    const taken: string[] = [];
    let [indent, indented] = [0, 0];
    let afterBlank = false;
    for (let line = this.#line; line; line = this.#line) {
      const { text } = line;
      const depth = indentOf(text);
      if (text !== '') {
        if (depth === 0 && (indent === 0 || afterBlank || this.#entryPattern.test(text))) break;
        indent ||= depth;
        if (depth < indent) {
          if (afterBlank) break;
          const message = `unexpected de-indent (expected at least ${indent} spaces)`;
          // QEMU's compiler has the error only for the second line; after it, the text ends there.
          const permitted = indented > 1 && this.#report.form === 'today';
          if (permitted || (depth === 0 && this.#tagPattern.test(text))) {
            this.#report.warning('doc-de-indent', message, this.#place(line), { hint: HINT_BLANK });
            break;
          }
          this.#report.errorSince91(true, 'doc-de-indent', message, this.#place(line), { hint: HINT_INDENT });
          indent = Math.max(1, depth);
        }
      }
      afterBlank = text === '';
      if (indent > 0) indented += 1;
      taken.push(text);
      this.#at += 1;
    }
    return taken;
  }
}

const HINT_BLANK = 'insert a blank line before it';
const HINT_INDENT = 'indent it like the lines above';
const HINT_NAME = "write '# @NAME:' and the text below it";
const HINT_OPTIONAL = "remove '#optional'";
const HINT_SINCE = "write '# Since: RELEASE'";
