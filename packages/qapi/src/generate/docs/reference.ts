/** The documentation back end: a reference of a whole schema as one Markdown page. */
import type { Entity, FreeText, Module, Schema } from '../../model.js';
import { type Block, parseBlocks } from '../markup/blocks.js';
import { codeSpan, escaped, markdownStyle } from '../markup/markdown.js';
import { renderBlocks, renderInline, separated } from '../markup/render.js';
import { renderDefinition, WIDTH } from './definition.js';
import { type Links, makeLinks } from './links.js';

/** A heading with what stands under it; definitions are one deeper. */
interface Chapter {
  readonly title: string;
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
    [`# ${preface.title}`],
    ...renderItems(preface, links),
    ['## Contents'],
    contents(chapters, links),
    ...chapters.flatMap((chapter, index) => [
      [`<a id="${chapterAnchor(index)}"></a>`],
      [`${'#'.repeat(Math.min(chapter.depth, 6))} ${renderInline(chapter.title, style)}`],
      ...renderItems(chapter, links),
    ]),
  ]);
  return `${lines.join('\n')}\n`;
}

const chapterAnchor = (index: number): string => `chapter-${index + 1}`;

/** The main module's first text is the preface; the rest is cut into chapters at the headings. */
function arrange(schema: Schema): readonly [Chapter, readonly Chapter[]] {
  const [first, ...others] = schema.main.items;
  const [heading, ...text] = first?.kind === 'text' ? parseBlocks(first.text) : [];
  const titled = heading?.kind === 'heading' && schema.modules.length > 1;
  const preface: Chapter = {
    title: titled
      ? renderInline(heading.text, markdownStyle(codeSpan))
      : `Reference of ${codeSpan(schema.main.name)}`,
    depth: 1,
    items: titled ? text : [],
  };
  const chapters = schema.modules.flatMap((module) => {
    const items = titled && module === schema.main ? others : module.items;
    return chaptersOf(module, items).filter((chapter) => chapter.items.length > 0 || chapter.depth > 2);
  });
  return [preface, chapters];
}

function chaptersOf(module: Module, items: readonly (Entity | FreeText)[]): Chapter[] {
  let chapter: Chapter = { title: nameOf(module), depth: 2, items: [] };
  const chapters = [chapter];
  for (const item of items) {
    for (const part of item.kind === 'text' ? parseBlocks(item.text) : [item]) {
      if (part.kind !== 'heading') {
        chapter.items.push(part);
        continue;
      }
      // A heading at the very beginning names the module's own chapter.
      if (chapters.length === 1 && chapter.items.length === 0) chapters.pop();
      chapter = { title: part.text, depth: part.level + 1, items: [] };
      chapters.push(chapter);
    }
  }
  return chapters;
}

const nameOf = (module: Module): string => `\`\`${module.name.replaceAll('`', "'")}\`\``;

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
  return chapters.flatMap((chapter, index) => {
    const margin = '  '.repeat(chapter.depth - 2);
    const title = renderInline(chapter.title, markdownStyle(codeSpan));
    const entities = chapter.items.filter(isEntity);
    const group = (label: string, kinds: readonly string[]) => {
      const names = entities.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => links.name(name));
      return names.length === 0 ? [] : [`${margin}  - ${escaped(label)}: ${names.join(', ')}`];
    };
    return [
      `${margin}- [${title}](#${chapterAnchor(index)})`,
      ...group('Commands', ['command']),
      ...group('Events', ['event']),
      ...group('Types', ['enum', 'struct', 'union', 'alternate']),
    ];
  });
}
