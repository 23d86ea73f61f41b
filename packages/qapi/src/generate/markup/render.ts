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

const memberTexts = new WeakMap<Doc, ReadonlyMap<string, string>>();

/** Returns the description of a member, argument, value or branch; `undefined` without one. */
export function memberText(name: string, doc: Doc | undefined): string | undefined {
  if (doc === undefined) return undefined;
  let texts = memberTexts.get(doc);
  if (texts === undefined) {
    texts = new Map(doc.members.map((entry) => [entry.name, entry.text]));
    memberTexts.set(doc, texts);
  }
  return texts.get(name);
}

/** Returns the description of a feature, or an empty string. */
export function featureText(name: string, doc: Doc | undefined): string {
  return doc?.features.find((entry) => entry.name === name)?.text ?? '';
}

/** Renders a paragraph on one line. */
export function renderInline(text: string, style: Style): string {
  return withSpaces(flow(text, style));
}

function renderBlock(block: Block, style: Style, width: number): string[] {
  const nested = (blocks: readonly Block[], narrower: number) =>
    renderBlocks(blocks, style, width - narrower);
  switch (block.kind) {
    case 'paragraph':
      return filled(flow(block.text, style), width);
    case 'heading':
      return [`**${renderInline(block.text, style)}**`];
    case 'code':
      return fenced(
        block.language,
        block.lines.map((line) => style.codeLine(line)),
      );
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
  const lines = filled(`${lead} ${flow(first.text, style)}`.trimEnd(), width);
  return separated([lines, renderBlocks(rest, style, width)]);
}

/** Joins groups of lines with an empty line between them. */
export function separated(groups: readonly (readonly string[])[]): string[] {
  let joined: string[] = [];
  for (let index = 0; index < groups.length; index += 1) {
    const lines = groups[index] ?? [];
    if (lines.length > 0) joined = joined.length === 0 ? lines.slice() : joined.concat('', lines);
  }
  return joined;
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

/** Stands for a space within code, links and references, where a line must not be broken. */
const FIXED_SPACE = '\0';

/** Returns a paragraph as one line with fixed spaces. */
function flow(text: string, style: Style): string {
  let flowing = '';
  for (const part of parseInline(text)) {
    const markdown = rendered(part, style);
    const fixed = part.kind === 'code' || part.kind === 'link' || part.kind === 'reference';
    flowing += fixed ? markdown.replaceAll(' ', FIXED_SPACE) : markdown;
  }
  return flowing.replaceAll(/ {2,}/g, ' ').replaceAll(/^ | $/g, '');
}

function withSpaces(line: string): string {
  return line.replaceAll(FIXED_SPACE, ' ');
}

function rendered(part: Inline, style: Style): string {
  switch (part.kind) {
    case 'text':
      return style.text(withoutNul(part.text));
    case 'strong':
      return `**${style.text(withoutNul(part.text))}**`;
    case 'emphasis':
      return `*${style.text(withoutNul(part.text))}*`;
    case 'code':
      return style.code(part.text);
    case 'link':
      return style.link(part.text, part.url);
    case 'reference':
      return style.reference(part.name);
  }
}

function withoutNul(text: string): string {
  return text.replaceAll('\0', '');
}

/** Text that begins a list, heading, quote, fence or tag at the start of a line. */
const LINE_START = /(?:[-+*#>=~|@]|\d+[.)])/y;

/** Breaks lines before words without a meaning at the start of a line. */
function filled(flowing: string, width: number): string[] {
  const text = safeStart(flowing);
  const lines: string[] = [];
  let start = 0;
  while (text.length - start > width) {
    let end = text.lastIndexOf(' ', start + width);
    if (end <= start) end = endOfWord(text, start);
    while (end < text.length && beginsLine(text, end + 1)) end = endOfWord(text, end + 1);
    lines.push(withSpaces(text.slice(start, end)));
    start = end + 1;
  }
  if (start < text.length) lines.push(withSpaces(text.slice(start)));
  return lines;
}

function endOfWord(text: string, from: number): number {
  const end = text.indexOf(' ', from);
  return end === -1 ? text.length : end;
}

function beginsLine(text: string, at: number): boolean {
  LINE_START.lastIndex = at;
  return LINE_START.test(text);
}

/** Escapes the first word if it has a meaning at the start of a line. */
function safeStart(text: string): string {
  if (/^\d+[.)](?: |$)/.test(text)) return text.replace(/^\d+/, '$&\\');
  return /^(?:[-+=~|@]|#+(?: |$)|>)/.test(text) ? `\\${text}` : text;
}
