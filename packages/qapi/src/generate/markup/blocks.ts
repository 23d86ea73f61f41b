/**
 * The part of reStructuredText that schemas use, as a tree of blocks. Nothing is an error: what is not recognised is
 * a paragraph. Text within blocks is left as written; `inline.ts` reads it.
 */

/** A block of text. */
export type Block =
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly (readonly Block[])[] }
  | { readonly kind: 'definitions'; readonly items: readonly DefinitionItem[] }
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] }
  | { readonly kind: 'code'; readonly language: string; readonly lines: readonly string[] }
  | { readonly kind: 'example'; readonly title: string; readonly blocks: readonly Block[] }
  | { readonly kind: 'admonition'; readonly label: string; readonly blocks: readonly Block[] };

/** A term and, indented below it, what it means. */
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

const ADMONITIONS = new Map([
  ['note', 'Note'],
  ['caution', 'Caution'],
  ['warning', 'Warning'],
  ['important', 'Important'],
  ['attention', 'Attention'],
  ['danger', 'Danger'],
  ['hint', 'Hint'],
  ['tip', 'Tip'],
  ['seealso', 'See also'],
  ['todo', 'To do'],
]);

/** How deep blocks may nest; deeper ones are taken as paragraphs. */
const DEEPEST = 16;

/** Reads a text into blocks. */
export function parseBlocks(text: string): readonly Block[] {
  return blocksOf(text.replaceAll('\t', '        ').split('\n'), 0);
}

function blocksOf(lines: readonly string[], depth: number): Block[] {
  if (depth > DEEPEST) return paragraph(lines);
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    if (line.trim() === '') {
      at += 1;
      continue;
    }
    if (line.startsWith(' ')) {
      const end = endOfIndented(lines, at);
      blocks.push({ kind: 'quote', blocks: blocksOf(dedent(lines.slice(at, end)), depth + 1) });
      at = end;
      continue;
    }
    at = startedBlock(lines, at, depth, blocks);
  }
  return blocks;
}

/** Reads the block that begins at an unindented line, and gives the index of the line after it. */
function startedBlock(lines: readonly string[], at: number, depth: number, blocks: Block[]): number {
  const line = lines[at] ?? '';
  const heading = /^(=+)\s+(\S.*)$/.exec(line);
  if (heading && !TABLE.test(line)) {
    blocks.push({ kind: 'heading', level: heading[1]?.length ?? 1, text: heading[2] ?? '' });
    return at + 1;
  }
  if (line.startsWith('.. ') || line === '..') {
    const end = endOfIndented(lines, at + 1);
    const body = dedent(lines.slice(at + 1, end));
    const [, name, argument = ''] = DIRECTIVE.exec(line) ?? [];
    if (name !== undefined) blocks.push(...directive(name, argument, body, depth));
    return end;
  }
  if (line === '::') {
    const end = endOfIndented(lines, at + 1);
    blocks.push(code('', lines.slice(at + 1, end)));
    return end;
  }
  if (BULLET.test(line) || ENUMERATOR.test(line)) return list(lines, at, depth, blocks);
  if (TABLE.test(line)) {
    const end = endOfTable(lines, at);
    blocks.push(code('', lines.slice(at, end)));
    return end;
  }
  if (WIRE_EXAMPLE.test(line)) {
    let end = at;
    while (end < lines.length && lines[end]?.trim() !== '') end += 1;
    blocks.push(code('', lines.slice(at, end)));
    return end;
  }
  if (UNDERLINE.test(lines[at + 1]?.trimEnd() ?? '')) {
    blocks.push({ kind: 'heading', level: 2, text: line.trim() });
    return at + 2;
  }
  if (lines[at + 1]?.startsWith(' ') && lines[at + 1]?.trim() !== '' && !line.endsWith('::')) {
    return definitions(lines, at, depth, blocks);
  }
  return textParagraph(lines, at, blocks);
}

/** A paragraph, and after `::` the literal block that it announces. */
function textParagraph(lines: readonly string[], at: number, blocks: Block[]): number {
  let end = at;
  while (end < lines.length && lines[end]?.trim() !== '' && !startsOwnBlock(lines, end, at)) end += 1;
  const text = lines
    .slice(at, end)
    .map((line) => line.trim())
    .join('\n');
  if (!text.endsWith('::')) {
    blocks.push({ kind: 'paragraph', text });
    return end;
  }
  const after = endOfIndented(lines, end);
  blocks.push({ kind: 'paragraph', text: text.slice(0, -1).replace(/\s+:$/, '') });
  if (after > end) blocks.push(code('', lines.slice(end, after)));
  return after;
}

/** A directive or an indented line ends the paragraph that it directly follows. */
function startsOwnBlock(lines: readonly string[], at: number, start: number): boolean {
  const line = lines[at] ?? '';
  return (
    at > start && (line.startsWith('.. ') || (line.startsWith(' ') && lines[at - 1]?.endsWith('::') === true))
  );
}

function list(lines: readonly string[], start: number, depth: number, blocks: Block[]): number {
  const marker = BULLET.test(lines[start] ?? '') ? BULLET : ENUMERATOR;
  const items: Block[][] = [];
  let at = start;
  for (;;) {
    const found = marker.exec(lines[at] ?? '');
    if (!found) break;
    const end = endOfItem(lines, at + 1, marker);
    const rest = dedent(lines.slice(at + 1, end));
    items.push(blocksOf([(lines[at] ?? '').slice(found[0].length), ...rest], depth + 1));
    at = end;
    while (at < lines.length && lines[at]?.trim() === '') at += 1;
  }
  blocks.push({ kind: 'list', ordered: marker === ENUMERATOR, items });
  return at;
}

/** An item goes on over indented lines, and over unindented ones that directly follow and begin no other item. */
function endOfItem(lines: readonly string[], from: number, marker: RegExp): number {
  let at = from;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const lazy = lines[at - 1]?.trim() !== '' && !marker.test(line) && !line.startsWith('.. ');
    if (line.trim() !== '' && !line.startsWith(' ') && !lazy) break;
    at += 1;
  }
  return at;
}

function definitions(lines: readonly string[], start: number, depth: number, blocks: Block[]): number {
  const items: DefinitionItem[] = [];
  let at = start;
  while (
    lines[at]?.startsWith(' ') === false &&
    lines[at + 1]?.startsWith(' ') &&
    lines[at + 1]?.trim() !== ''
  ) {
    const end = endOfIndented(lines, at + 1);
    items.push({
      term: (lines[at] ?? '').trim(),
      blocks: blocksOf(dedent(lines.slice(at + 1, end)), depth + 1),
    });
    at = end;
  }
  blocks.push({ kind: 'definitions', items });
  return at;
}

function directive(name: string, argument: string, body: readonly string[], depth: number): Block[] {
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
    case 'qmp-example':
      return [
        {
          kind: 'example',
          title: options.get('title') ?? '',
          blocks: options.has('annotated') ? nested() : [code('', content)],
        },
      ];
    case 'code-block':
    case 'code':
    case 'sourcecode':
    case 'parsed-literal':
      return [code(name === 'parsed-literal' ? '' : argument, content)];
    case 'admonition':
      return [{ kind: 'admonition', label: argument || 'Note', blocks: nested() }];
    case 'figure':
    case 'image':
    case 'toctree':
    case 'contents':
    case 'raw':
      return [];
    default: {
      const label = ADMONITIONS.get(name);
      if (label === undefined) return nested();
      return [{ kind: 'admonition', label, blocks: blocksOf([argument, ...content], depth + 1) }];
    }
  }
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

function paragraph(lines: readonly string[]): Block[] {
  const text = lines.map((line) => line.trim()).join('\n');
  return text.trim() === '' ? [] : [{ kind: 'paragraph', text: text.trim() }];
}

/** The index after the last line that is indented or empty; empty ones at the end are included. */
function endOfIndented(lines: readonly string[], from: number): number {
  let at = from;
  while (at < lines.length && (lines[at]?.startsWith(' ') || lines[at]?.trim() === '')) at += 1;
  return at;
}

/** A table ends at the empty line after its last border. */
function endOfTable(lines: readonly string[], from: number): number {
  let at = from;
  while (at < lines.length && lines[at]?.trim() !== '') at += 1;
  const border = lines.findIndex((line, index) => index >= at && TABLE.test(line));
  const continues = border === -1 ? false : lines.slice(at, border).every((line) => !/^\S.*[.:]$/.test(line));
  return continues ? border + 1 : at;
}

/** Removes the indentation that all lines share. */
function dedent(lines: readonly string[]): string[] {
  const depths = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
  const shared = depths.reduce((least, depth) => Math.min(least, depth), Number.POSITIVE_INFINITY);
  return lines.map((line) => (line.trim() === '' ? '' : line.slice(shared)));
}
