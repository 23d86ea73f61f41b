/** Extracts the examples in the documentation of a schema, for tests of a program against them. */
import type { Entity } from '../model.js';
import { type Block, parseBlocks } from './markup/blocks.js';

/** A message of an example. */
export interface ExampleMessage {
  /** `client` for `->`, `server` for `<-`. */
  readonly sender: 'client' | 'server';
  /** The lines of the message, joined by spaces. */
  readonly text: string;
}

/** A `qmp-example` directive. */
export interface Example {
  /** May be empty. */
  readonly title: string;
  readonly messages: readonly ExampleMessage[];
}

/** Returns the examples of a definition in the order of the text. */
export function examplesOf({ doc }: Entity): readonly Example[] {
  if (doc === undefined) return [];
  const described = [...doc.members, ...doc.features].map(({ text }) => text);
  const texts = [doc.text, ...described, doc.returns ?? '', doc.errors ?? '', ...doc.further];
  return texts.flatMap((text) => examplesIn(parseBlocks(text)));
}

function examplesIn(blocks: readonly Block[]): readonly Example[] {
  return blocks.flatMap((block) =>
    block.kind === 'example'
      ? [{ title: block.title, messages: messagesOf(codeIn(block.blocks)) }]
      : examplesIn(childrenOf(block)),
  );
}

function codeIn(blocks: readonly Block[]): readonly string[] {
  return blocks.flatMap((block) => (block.kind === 'code' ? block.lines : codeIn(childrenOf(block))));
}

function childrenOf(block: Block): readonly Block[] {
  if (block.kind === 'list') return block.items.flat();
  if (block.kind === 'definitions') return block.items.flatMap(({ blocks }) => blocks);
  return 'blocks' in block ? block.blocks : [];
}

function messagesOf(lines: readonly string[]): readonly ExampleMessage[] {
  const messages: { sender: ExampleMessage['sender']; text: string }[] = [];
  for (const line of lines) {
    const [, arrow, text = line] = /^(->|<-) +(.*)$/.exec(line) ?? [];
    const last = messages.at(-1);
    if (arrow !== undefined)
      messages.push({ sender: arrow === '->' ? 'client' : 'server', text: text.trim() });
    else if (last !== undefined && line.trim() !== '') last.text += ` ${line.trim()}`;
  }
  return messages;
}
