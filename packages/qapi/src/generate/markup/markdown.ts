/** Escapes the text of a schema for Markdown, so that it is not interpreted as markup or HTML. */
import type { Block } from './blocks.js';
import { renderBlocks, type Style } from './render.js';

export function escaped(text: string): string {
  return text
    .replaceAll(/[\\`*[\]<>~$]/g, '\\$&')
    .replaceAll(/&(?=#?\w+;)/g, '&amp;')
    .replaceAll(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_');
}

export function codeSpan(text: string): string {
  const runs = text.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(0, ...runs.map((run) => run.length)) + 1);
  const padding = /^[`\s]|[`\s]$/.test(text) ? ' ' : '';
  return fence + padding + text.replaceAll('\n', ' ') + padding + fence;
}

/** Returns the style of a Markdown page; `reference` renders a name after `@`. */
export function markdownStyle(reference: (name: string) => string): Style {
  return {
    text: escaped,
    code: codeSpan,
    link: (text, url) => {
      const target = url.replaceAll(/[<>\s\\]/g, encodeURIComponent);
      return text === url ? `<${target}>` : `[${escaped(text)}](<${target}>)`;
    },
    reference,
    codeLine: (line) => line,
  };
}

/** Renders blocks as a table cell, which is one line. */
export function tableCell(blocks: readonly Block[], style: Style): string {
  return cellSafe(cellParts(blocks, style).join('<br><br>'));
}

/** Escapes Markdown for a table cell. */
export function cellSafe(markdown: string): string {
  return markdown.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function cellParts(blocks: readonly Block[], style: Style): string[] {
  return blocks.map((block) => {
    switch (block.kind) {
      case 'list':
        return block.items
          .map((item, index) => [block.ordered ? `${index + 1}.` : '•', cellParts(item, style).join('<br>')])
          .map((parts) => parts.join(' '))
          .join('<br>');
      case 'code':
        return block.lines.map((line) => (line === '' ? '' : codeSpan(line))).join('<br>');
      case 'definitions':
        return block.items
          .flatMap(({ term, blocks }) => cellParts([{ kind: 'paragraph', text: term }, ...blocks], style))
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
