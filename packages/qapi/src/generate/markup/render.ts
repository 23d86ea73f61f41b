/** Renders blocks as lines of Markdown, in the style of a Markdown page or of a TypeScript comment. */
import type { Doc, Feature } from '../../model.js';
import { type Block, parseBlocks } from './blocks.js';
import { type Inline, parseInline } from './inline.js';

/** The style of the output. Each function escapes its text. */
export interface Style {
  text(text: string): string;
  code(text: string): string;
  link(text: string, url: string): string;
  /** A name after `@`. */
  reference(name: string): string;
  codeLine(line: string): string;
}

/** Renders a text of the schema as lines of at most `width` columns where possible. */
export function renderMarkup(text: string, style: Style, width: number): string[] {
  return renderBlocks(parseBlocks(text), style, width);
}

/** Renders blocks with an empty line between them. */
export function renderBlocks(blocks: readonly Block[], style: Style, width: number): string[] {
  return separated(blocks.map((block) => renderBlock(block, style, width)));
}

/** Returns true for the features with a meaning in every schema, which documentation shows in a prominent place. */
export function isSpecial({ name }: Feature): boolean {
  return name === 'deprecated' || name === 'unstable';
}

/** Returns the description of a feature, or an empty string. */
export function featureText(name: string, doc: Doc | undefined): string {
  return doc?.features.find((entry) => entry.name === name)?.text ?? '';
}

/** Renders a paragraph on one line. */
export function renderInline(text: string, style: Style): string {
  return words(parseInline(text), style).join(' ');
}

function renderBlock(block: Block, style: Style, width: number): string[] {
  const nested = (blocks: readonly Block[], narrower: number) =>
    renderBlocks(blocks, style, width - narrower);
  switch (block.kind) {
    case 'paragraph':
      return filled(words(parseInline(block.text), style), width);
    case 'heading':
      return [`**${renderInline(block.text, style)}**`];
    case 'code':
      return fenced(block.language, block.lines.map(style.codeLine));
    case 'quote':
      // An indented list is a list, not a quotation.
      if (block.blocks.every(({ kind }) => kind === 'list')) return nested(block.blocks, 0);
      return nested(block.blocks, 2).map((line) => (line === '' ? '>' : `> ${line}`));
    case 'list':
      return renderList(block, style, width);
    case 'definitions':
      return block.items.flatMap(({ term, blocks }) => [
        `- ${renderInline(term, style)}`,
        ...indented(nested(blocks, 2), '  '),
      ]);
    case 'admonition':
      return renderAfter(`**${renderInline(block.label, style)}:**`, block.blocks, style, width);
    case 'example': {
      const title = block.title && `: ${renderInline(block.title, style)}`;
      return renderAfter(`**Example${title}:**`, block.blocks, style, width);
    }
  }
}

function renderList(block: Block & { kind: 'list' }, style: Style, width: number): string[] {
  const items = block.items.map((blocks, index) => {
    const marker = block.ordered ? `${index + 1}. ` : '- ';
    const margin = ' '.repeat(marker.length);
    const [first = '', ...rest] = renderBlocks(blocks, style, width - marker.length);
    return [`${marker}${first}`.trimEnd(), ...indented(rest, margin)];
  });
  const loose = items.some((lines) => lines.includes(''));
  return loose ? separated(items) : items.flat();
}

/** Renders blocks after a lead of Markdown: on the same line if they begin with a paragraph, else below it. */
export function renderAfter(lead: string, blocks: readonly Block[], style: Style, width: number): string[] {
  const [first, ...rest] = blocks;
  if (first?.kind !== 'paragraph') return separated([[lead], renderBlocks(blocks, style, width)]);
  const lines = filled([...lead.split(' '), ...words(parseInline(first.text), style)], width);
  return separated([lines, renderBlocks(rest, style, width)]);
}

/** Joins groups of lines with an empty line between them. */
export function separated(groups: readonly (readonly string[])[]): string[] {
  return groups
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

/** The fence is longer than any fence in the code. */
function fenced(language: string, lines: readonly string[]): string[] {
  const longest = lines.join('\n').match(/`{3,}/g) ?? [];
  const fence = '`'.repeat(Math.max(3, ...longest.map((run) => run.length + 1)));
  return [`${fence}${language}`, ...lines, fence];
}

function indented(lines: readonly string[], margin: string): string[] {
  return lines.map((line) => (line === '' ? '' : margin + line));
}

/** Splits a paragraph where a line may be broken: not within code, links and references. */
function words(parts: readonly Inline[], style: Style): string[] {
  let text = '';
  const atoms: string[] = [];
  const keep = (atom: string) => {
    atoms.push(atom);
    return `\u0000${atoms.length - 1}\u0000`;
  };
  for (const part of parts) text += rendered(part, style, keep);
  return text
    .split(/ +/)
    .filter((word) => word !== '')
    .map((word) => word.replaceAll(/\0(\d+)\0/g, (_, index) => atoms[Number(index)] ?? ''));
}

function rendered(part: Inline, style: Style, keep: (atom: string) => string): string {
  const text = (raw: string) => style.text(raw.replaceAll('\0', ''));
  switch (part.kind) {
    case 'text':
      return text(part.text);
    case 'strong':
      return `**${text(part.text)}**`;
    case 'emphasis':
      return `*${text(part.text)}*`;
    case 'code':
      return keep(style.code(part.text));
    case 'link':
      return keep(style.link(part.text, part.url));
    case 'reference':
      return keep(style.reference(part.name));
  }
}

/** Text that begins a list, heading, quote, fence or tag at the start of a line. */
const LINE_START = /^(?:[-+*#>=~|@]|\d+[.)])/;

/** Breaks lines before words without a meaning at the start of a line. */
function filled(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line === '') line = safeStart(word);
    else if (line.length + 1 + word.length <= width || LINE_START.test(word)) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  if (line !== '') lines.push(line);
  return lines;
}

function safeStart(word: string): string {
  if (/^\d+[.)]$/.test(word)) return word.replace(/(.)$/, '\\$1');
  return /^(?:[-+=~|@]|#+$|>)/.test(word) && !word.startsWith('**') ? `\\${word}` : word;
}
