/** Generates a reference of a schema as one Markdown page. */
import type { Entity, FreeText, Module, Schema } from '../../model.js';
import { type Block, parseBlocks } from '../markup/blocks.js';
import { codeSpan, escaped, markdownStyle } from '../markup/markdown.js';
import { renderBlocks, renderInline, separated } from '../markup/render.js';
import { renderDefinition, WIDTH } from './definition.js';
import { Links } from './links.js';

/** A heading with its contents. The headings of definitions are one level deeper. */
interface Chapter {
  /** In the markup of the schema. */
  readonly title: string;
  /** The id of the heading. */
  readonly anchor: string;
  readonly depth: number;
  readonly items: (Block | Entity)[];
}

/** Returns the reference: title, contents, modules in schema order. Conditional parts name their conditions. */
export function renderReference(schema: Schema): string {
  const links = new Links(schema);
  const [preface, chapters] = arrange(schema);
  const heading = ({ title, depth }: Chapter) => [
    `${'#'.repeat(Math.min(depth, 6))} ${renderInline(title, styleOf(links))}`,
  ];
  const lines = separated([
    heading(preface),
    ...renderItems(preface, links),
    ['## Contents'],
    tableOfContents(chapters, links),
    ...chapters.flatMap((chapter) => [
      [`<a id="${chapter.anchor}"></a>`],
      heading(chapter),
      ...renderItems(chapter, links),
    ]),
  ]);
  return `${lines.join('\n')}\n`;
}

function styleOf(links: Links) {
  return markdownStyle((name) => links.name(name));
}

/** The first text of the main module is the preface; the rest is divided into chapters at the headings. */
function arrange(schema: Schema): readonly [Chapter, readonly Chapter[]] {
  const [first, ...others] = schema.main.items;
  const [heading, ...text] = first?.kind === 'text' ? parseBlocks(first.text) : [];
  const titled = heading?.kind === 'heading' && schema.modules.length > 1;
  const newAnchor = anchors();
  const title = titled ? heading.text : `Reference of ${literal(schema.main.name)}`;
  const preface: Chapter = { title, anchor: '', depth: 1, items: titled ? text : [] };
  const chapters = schema.modules.flatMap((module) =>
    chaptersOf(module, titled && module === schema.main ? others : module.items, newAnchor),
  );
  return [preface, chapters];
}

/** The part before the first heading is a chapter with the name of the module. */
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

/** Returns a function that derives unique ids from titles, which are stable when other chapters are added. */
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

/** Returns a name as a literal in the markup of the schema. */
function literal(name: string): string {
  return `\`\`${name.replaceAll('`', "'")}\`\``;
}

function renderItems(chapter: Chapter, links: Links): string[][] {
  return chapter.items.map((item) =>
    isEntity(item)
      ? renderDefinition(item, links, chapter.depth + 1)
      : renderBlocks([item], styleOf(links), WIDTH),
  );
}

const TYPE_KINDS: readonly string[] = ['enum', 'struct', 'union', 'alternate'];

function isEntity(item: Block | Entity): item is Entity {
  return ['command', 'event', ...TYPE_KINDS].includes(item.kind);
}

function tableOfContents(chapters: readonly Chapter[], links: Links): string[] {
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
      ...group('Types', TYPE_KINDS),
    ];
  });
}
