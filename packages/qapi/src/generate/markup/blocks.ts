/** Parses the part of reStructuredText that schemas use into blocks. Unknown markup is a paragraph, never an error. */

export type Block =
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly (readonly Block[])[] }
  | { readonly kind: 'definitions'; readonly items: readonly DefinitionItem[] }
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] }
  | { readonly kind: 'code'; readonly language: string; readonly lines: readonly string[] }
  | { readonly kind: 'example'; readonly title: string; readonly blocks: readonly Block[] }
  | { readonly kind: 'admonition'; readonly label: string; readonly blocks: readonly Block[] };

/** A term, and its meaning indented below it. */
interface DefinitionItem {
  readonly term: string;
  readonly blocks: readonly Block[];
}

const BULLET = /^([-*+•])\s+(?=\S)/;
const ENUMERATOR = /^(?:\(?(?:\d{1,3}|#|[a-zA-Z])[.)])\s+(?=\S)/;
const DIRECTIVE = /^\.\.\s+([\w:-]+)::(?:\s+(.*))?$/;
const UNDERLINE = /^([=\-~^"'`*+#])\1{2,}$/;
const TABLE = /^(?:\+[-=+]+\+?|=+(?:\s+=+)+)$/;
const WIRE_EXAMPLE = /^(?:->|<-) /;

/** The start of every line that is a heading, list, directive, table or example by itself. */
const MARKED = /^(?:[^a-zA-Z]|[a-zA-Z][.)])/;

/** A single paragraph whose lines mean nothing else, as most texts are. */
const PLAIN_PARAGRAPH = /^[a-zA-Z@](?![.)])[^\n]*(?:\n(?:[a-zA-Z0-9@(]|`(?!``))[^\n]*)*$/;

/** Text that the parser of a paragraph would change. */
const NOT_PLAIN = /\s(?:\n|$)|::$/;

/** The admonitions whose label is their name. */
const ADMONITIONS = new Set('note caution warning important attention danger hint tip'.split(' '));

const CODE_DIRECTIVES = new Set(['code-block', 'code', 'sourcecode', 'parsed-literal']);
const IGNORED_DIRECTIVES = new Set(['figure', 'image', 'toctree', 'contents', 'raw']);

/** Deeper blocks become paragraphs. */
const MAX_DEPTH = 16;

export function parseBlocks(markup: string): readonly Block[] {
  const text = markup.replaceAll('\t', '        ');
  if (text === '') return [];
  if (PLAIN_PARAGRAPH.test(text) && !NOT_PLAIN.test(text)) return [{ kind: 'paragraph', text }];
  return blocksOf(text.split('\n'), 0);
}

function blocksOf(lines: readonly string[], depth: number): readonly Block[] {
  return depth > MAX_DEPTH ? paragraph(lines) : new BlockParser(lines, depth).parse();
}

class BlockParser {
  readonly #lines: readonly string[];
  readonly #depth: number;
  readonly #blocks: Block[] = [];
  #at = 0;

  constructor(lines: readonly string[], depth: number) {
    this.#lines = lines;
    this.#depth = depth;
  }

  parse(): readonly Block[] {
    while (this.#at < this.#lines.length) {
      const line = this.#line(this.#at);
      if (line.trim() === '') this.#at += 1;
      else if (line.startsWith(' '))
        this.#blocks.push({ kind: 'quote', blocks: this.#nested(this.#takeIndented()) });
      else this.#parseBlock(line);
    }
    return this.#blocks;
  }

  #parseBlock(line: string): void {
    if (MARKED.test(line)) this.#parseMarked(line);
    else this.#parseText(line);
  }

  #parseMarked(line: string): void {
    const heading = /^(=+)\s+(\S.*)$/.exec(line);
    if (heading && !TABLE.test(line)) {
      this.#blocks.push({ kind: 'heading', level: heading[1]?.length ?? 1, text: heading[2] ?? '' });
      this.#at += 1;
    } else if (line.startsWith('.. ') || line === '..') {
      this.#at += 1;
      const body = dedent(this.#takeIndented());
      const [, name, argument = ''] = DIRECTIVE.exec(line) ?? [];
      if (name !== undefined) this.#blocks.push(...directive(name, argument, body, this.#depth));
    } else if (line === '::') {
      this.#at += 1;
      this.#blocks.push(code('', this.#takeIndented()));
    } else if (BULLET.test(line) || ENUMERATOR.test(line)) {
      this.#parseList(BULLET.test(line) ? BULLET : ENUMERATOR);
    } else if (TABLE.test(line)) {
      this.#blocks.push(code('', this.#takeUntil(endOfTable(this.#lines, this.#at))));
    } else if (WIRE_EXAMPLE.test(line)) {
      this.#blocks.push(code('', this.#takeUntil(endOfText(this.#lines, this.#at))));
    } else {
      this.#parseText(line);
    }
  }

  #parseText(line: string): void {
    if (UNDERLINE.test(this.#line(this.#at + 1).trimEnd())) {
      this.#blocks.push({ kind: 'heading', level: 2, text: line.trim() });
      this.#at += 2;
    } else if (this.#hasIndented(this.#at + 1) && !line.endsWith('::')) {
      this.#parseDefinitions();
    } else {
      this.#parseParagraph();
    }
  }

  /** `::` at the end of a paragraph announces a literal block. */
  #parseParagraph(): void {
    let end = this.#at + 1;
    while (this.#line(end).trim() !== '' && !this.#endsParagraph(end)) end += 1;
    const text = joined(this.#takeUntil(end));
    if (!text.endsWith('::')) {
      this.#blocks.push({ kind: 'paragraph', text });
      return;
    }
    this.#blocks.push({ kind: 'paragraph', text: text.slice(0, -1).replace(/\s+:$/, '') });
    const literal = this.#takeIndented();
    if (literal.length > 0) this.#blocks.push(code('', literal));
  }

  /** A directive, or an indented line after `::`, needs no blank line before it. */
  #endsParagraph(at: number): boolean {
    const line = this.#line(at);
    return line.startsWith('.. ') || (line.startsWith(' ') && this.#line(at - 1).endsWith('::'));
  }

  #parseList(marker: RegExp): void {
    const items: (readonly Block[])[] = [];
    for (let found = marker.exec(this.#line(this.#at)); found; found = marker.exec(this.#line(this.#at))) {
      const [first = '', ...rest] = this.#takeUntil(this.#endOfItem(marker));
      items.push(this.#nested([first.slice(found[0].length), ...dedent(rest)]));
      while (this.#at < this.#lines.length && this.#line(this.#at).trim() === '') this.#at += 1;
    }
    this.#blocks.push({ kind: 'list', ordered: marker === ENUMERATOR, items });
  }

  /** An item continues over indented lines, and over unindented text without a blank line before it. */
  #endOfItem(marker: RegExp): number {
    let at = this.#at + 1;
    for (; at < this.#lines.length; at += 1) {
      const line = this.#line(at);
      const lazy = this.#line(at - 1).trim() !== '' && !marker.test(line) && !line.startsWith('.. ');
      if (line.trim() !== '' && !line.startsWith(' ') && !lazy) break;
    }
    return at;
  }

  #parseDefinitions(): void {
    const items: DefinitionItem[] = [];
    while (!this.#line(this.#at).startsWith(' ') && this.#hasIndented(this.#at + 1)) {
      const term = this.#line(this.#at).trim();
      this.#at += 1;
      items.push({ term, blocks: this.#nested(this.#takeIndented()) });
    }
    this.#blocks.push({ kind: 'definitions', items });
  }

  #line(at: number): string {
    return this.#lines[at] ?? '';
  }

  #hasIndented(at: number): boolean {
    return this.#line(at).startsWith(' ') && this.#line(at).trim() !== '';
  }

  #nested(lines: readonly string[]): readonly Block[] {
    return blocksOf(dedent(lines), this.#depth + 1);
  }

  /** Takes indented and empty lines. */
  #takeIndented(): readonly string[] {
    let end = this.#at;
    while (end < this.#lines.length && /^(?: |\s*$)/.test(this.#line(end))) end += 1;
    return this.#takeUntil(end);
  }

  #takeUntil(end: number): readonly string[] {
    const taken = this.#lines.slice(this.#at, end);
    this.#at = end;
    return taken;
  }
}

function directive(name: string, argument: string, body: readonly string[], depth: number): readonly Block[] {
  const options = new Map<string, string>();
  let at = 0;
  for (; at < body.length; at += 1) {
    const [, option, value = ''] = /^:([\w-]+):\s*(.*)$/.exec(body[at] ?? '') ?? [];
    if (option === undefined) break;
    options.set(option, value);
  }
  const content = body.slice(at);
  const nested = () => blocksOf(content, depth + 1);
  switch (name) {
    case 'qmp-example': {
      const blocks = options.has('annotated') ? nested() : [code('', content)];
      return [{ kind: 'example', title: options.get('title') ?? '', blocks }];
    }
    case 'admonition':
      return [{ kind: 'admonition', label: argument || 'Note', blocks: nested() }];
    default: {
      if (CODE_DIRECTIVES.has(name)) return [code(name === 'parsed-literal' ? '' : argument, content)];
      if (IGNORED_DIRECTIVES.has(name)) return [];
      const label = admonitionLabel(name);
      if (label === undefined) return nested();
      return [{ kind: 'admonition', label, blocks: blocksOf([argument, ...content], depth + 1) }];
    }
  }
}

function admonitionLabel(name: string): string | undefined {
  if (name === 'seealso') return 'See also';
  if (name === 'todo') return 'To do';
  return ADMONITIONS.has(name) ? name.charAt(0).toUpperCase() + name.slice(1) : undefined;
}

function code(language: string, lines: readonly string[]): Block {
  const trimmed = dedent(lines);
  const from = trimmed.findIndex((line) => line.trim() !== '');
  const to = trimmed.findLastIndex((line) => line.trim() !== '');
  return {
    kind: 'code',
    language: /^[\w+-]+$/.test(language) ? language : '',
    lines: from === -1 ? [] : trimmed.slice(from, to + 1),
  };
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => line.trim()).join('\n');
}

function paragraph(lines: readonly string[]): readonly Block[] {
  const text = joined(lines).trim();
  return text === '' ? [] : [{ kind: 'paragraph', text }];
}

/** Returns the index of the next empty line. */
function endOfText(lines: readonly string[], from: number): number {
  const end = lines.findIndex((line, index) => index >= from && line.trim() === '');
  return end === -1 ? lines.length : end;
}

/** A table ends at the empty line after its last border. */
function endOfTable(lines: readonly string[], from: number): number {
  const at = endOfText(lines, from);
  const border = lines.findIndex((line, index) => index >= at && TABLE.test(line));
  const continues = border !== -1 && lines.slice(at, border).every((line) => !/^\S.*[.:]$/.test(line));
  return continues ? border + 1 : at;
}

/** Removes the common indentation. */
function dedent(lines: readonly string[]): readonly string[] {
  const depths = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
  const shared = depths.reduce((least, depth) => Math.min(least, depth), Number.POSITIVE_INFINITY);
  return lines.map((line) => (line.trim() === '' ? '' : line.slice(shared)));
}
