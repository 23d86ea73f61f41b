/** Markdown pages: text of the schema must not be taken for markup, nor for HTML. */
import type { Block } from './blocks.js';
import { renderBlocks, type Style } from './render.js';

/** Text of the schema as Markdown that shows exactly this text. */
export function escaped(text: string): string {
  return text
    .replaceAll(/[\\`*[\]<>~$]/g, '\\$&')
    .replaceAll(/&(?=#?\w+;)/g, '&amp;')
    .replaceAll(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_');
}

/** Text as a code span. */
export function codeSpan(text: string): string {
  const runs = text.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(0, ...runs.map((run) => run.length)) + 1);
  const padding = /^[`\s]|[`\s]$/.test(text) ? ' ' : '';
  return fence + padding + text.replaceAll('\n', ' ') + padding + fence;
}

/** Renders text of the schema; `reference` writes a name that stood behind `@`. */
export function markdownStyle(reference: (name: string) => string): Style {
  return {
    text: escaped,
    code: codeSpan,
    link: (text, url) => {
      const target = url.replaceAll(/[<>\s\\]/g, encodeURIComponent);
      return text === url ? `<${target}>` : `[${escaped(text)}](<${target}>)`;
    },
    reference,
    heading: (_, text) => `**${text}**`,
    codeLine: (line) => line,
  };
}

/** Blocks as the content of one cell of a table, which must be one line. */
export function tableCell(blocks: readonly Block[], style: Style): string {
  return cellSafe(cellParts(blocks, style).join('<br><br>'));
}

/** Markdown that stands in a cell of a table. */
export function cellSafe(markdown: string): string {
  return markdown.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function cellParts(blocks: readonly Block[], style: Style): string[] {
  return blocks.map((block) => {
    switch (block.kind) {
      case 'list':
        return block.items
          .map(
            (item, index) =>
              `${block.ordered ? `${index + 1}.` : '•'} ${cellParts(item, style).join('<br>')}`,
          )
          .join('<br>');
      case 'code':
        return block.lines.map((line) => (line === '' ? '' : codeSpan(line))).join('<br>');
      case 'definitions':
        return block.items
          .map(({ term, blocks: meaning }) =>
            [...cellParts([{ kind: 'paragraph', text: term }], style), ...cellParts(meaning, style)].join(
              '<br>',
            ),
          )
          .join('<br>');
      case 'quote':
        return cellParts(block.blocks, style).join('<br><br>');
      case 'admonition':
      case 'example': {
        const label = block.kind === 'admonition' ? block.label : block.title || 'Example';
        return [`**${escaped(label)}:**`, ...cellParts(block.blocks, style)].join(' ');
      }
      default:
        return renderBlocks([block], style, Number.POSITIVE_INFINITY).join(' ');
    }
  });
}
