/** The documentation back end: a reference of a whole schema as one Markdown page. */
import type { Entity, FreeText, Module, Schema } from '../../model.js';
import { type Block, parseBlocks } from '../markup/blocks.js';
import { codeSpan, escaped, markdownStyle } from '../markup/markdown.js';
import { renderBlocks, renderInline, separated } from '../markup/render.js';
import { renderDefinition, WIDTH } from './definition.js';
import { type Links, makeLinks } from './links.js';

/** A heading with what stands under it; definitions are one deeper. */
interface Chapter {
  /** In the markup of the schema. */
  readonly title: string;
  /** The id of its heading. */
  readonly anchor: string;
  readonly depth: number;
  readonly items: (Block | Entity)[];
}

/**
 * Renders the reference: a title, a list of contents, and the modules as chapters in schema order.
 * Conditional parts are all there, with their conditions.
 */
export function renderReference(schema: Schema): string {
  const links = makeLinks(schema);
  const style = markdownStyle(links.name);
  const [preface, chapters] = arrange(schema);
  const lines = separated([
    [`# ${renderInline(preface.title, style)}`],
    ...renderItems(preface, links),
    ['## Contents'],
    contents(chapters, links),
    ...chapters.flatMap((chapter) => [
      [`<a id="${chapter.anchor}"></a>`],
      [`${'#'.repeat(Math.min(chapter.depth, 6))} ${renderInline(chapter.title, style)}`],
      ...renderItems(chapter, links),
    ]),
  ]);
  return `${lines.join('\n')}\n`;
}

/** The main module's first text is the preface; the rest is cut into chapters at the headings. */
function arrange(schema: Schema): readonly [Chapter, readonly Chapter[]] {
  const [first, ...others] = schema.main.items;
  const [heading, ...text] = first?.kind === 'text' ? parseBlocks(first.text) : [];
  const titled = heading?.kind === 'heading' && schema.modules.length > 1;
  const newAnchor = anchors();
  const preface: Chapter = titled
    ? { title: heading.text, anchor: '', depth: 1, items: text }
    : { title: `Reference of ${literal(schema.main.name)}`, anchor: '', depth: 1, items: [] };
  const chapters = schema.modules.flatMap((module) =>
    chaptersOf(module, titled && module === schema.main ? others : module.items, newAnchor),
  );
  return [preface, chapters];
}

/** Cuts a module at its headings; what stands before the first one is a chapter that the module names. */
function chaptersOf(
  module: Module,
  items: readonly (Entity | FreeText)[],
  newAnchor: (title: string) => string,
): readonly Chapter[] {
  const chapters: Chapter[] = [];
  const begin = (title: string, depth: number): Chapter => {
    const chapter = { title, anchor: newAnchor(title), depth, items: [] };
    chapters.push(chapter);
    return chapter;
  };
  for (const item of items) {
    for (const part of item.kind === 'text' ? parseBlocks(item.text) : [item]) {
      if (part.kind === 'heading') begin(part.text, part.level + 1);
      else (chapters.at(-1) ?? begin(literal(module.name), 2)).items.push(part);
    }
  }
  return chapters;
}

/** Ids from titles, each once; they stay what they are when chapters are added elsewhere. */
function anchors(): (title: string) => string {
  const uses = new Map<string, number>();
  return (title) => {
    const words = title.toLowerCase().match(/[a-z0-9]+/g) ?? [];
    const id = ['chapter', ...words].join('-');
    const count = (uses.get(id) ?? 0) + 1;
    uses.set(id, count);
    return count === 1 ? id : `${id}-${count}`;
  };
}

/** A name as a literal of the schema's markup. */
function literal(name: string): string {
  return `\`\`${name.replaceAll('`', "'")}\`\``;
}

function renderItems(chapter: Chapter, links: Links): string[][] {
  const style = markdownStyle(links.name);
  return chapter.items.map((item) =>
    isEntity(item) ? renderDefinition(item, links, chapter.depth + 1) : renderBlocks([item], style, WIDTH),
  );
}

const ENTITY_KINDS: ReadonlySet<string> = new Set([
  'enum',
  'struct',
  'union',
  'alternate',
  'command',
  'event',
]);

function isEntity(item: Block | Entity): item is Entity {
  return ENTITY_KINDS.has(item.kind);
}

/** Chapters with links to what they define. */
function contents(chapters: readonly Chapter[], links: Links): string[] {
  return chapters.flatMap((chapter) => {
    const margin = '  '.repeat(chapter.depth - 2);
    const title = renderInline(chapter.title, markdownStyle(codeSpan));
    const entities = chapter.items.filter(isEntity);
    const group = (label: string, kinds: readonly string[]) => {
      const names = entities.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => links.name(name));
      return names.length === 0 ? [] : [`${margin}  - ${escaped(label)}: ${names.join(', ')}`];
    };
    return [
      `${margin}- [${title}](#${chapter.anchor})`,
      ...group('Commands', ['command']),
      ...group('Events', ['event']),
      ...group('Types', ['enum', 'struct', 'union', 'alternate']),
    ];
  });
}
