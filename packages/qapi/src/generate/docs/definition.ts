/** One definition of the reference. */
import type { Command, Condition, Doc, Entity, Feature, Member, Payload, Type } from '../../model.js';
import { parseBlocks } from '../markup/blocks.js';
import { cellSafe, codeSpan, escaped, markdownStyle, tableCell } from '../markup/markdown.js';
import {
  featureText,
  isSpecial,
  memberText,
  renderAfter,
  renderInline,
  renderMarkup,
  type Style,
  separated,
} from '../markup/render.js';
import type { Links } from './links.js';

/** Columns of a line of text. */
export const WIDTH = 100;

/** A group of lines; an empty line separates it from the next. */
type Paragraph = readonly string[];

interface Context {
  readonly entity: Entity;
  readonly links: Links;
  readonly style: Style;
  readonly doc: Doc | undefined;
}

/** Returns the lines of a definition with a heading of the given depth. */
export function renderDefinition(entity: Entity, links: Links, depth: number): string[] {
  const { doc } = entity;
  const style = markdownStyle((name) =>
    memberText(name, doc) === undefined ? links.name(name) : codeSpan(name),
  );
  const context: Context = { entity, links, style, doc };
  const texts = (markup: readonly string[]) =>
    markup.filter((text) => text.trim() !== '').map((text) => renderMarkup(text, style, WIDTH));
  return separated([
    [`<a id="${links.anchor(entity)}"></a>`],
    [`${'#'.repeat(Math.min(depth, 6))} ${codeSpan(entity.name)}`],
    [facts(entity)],
    ...texts([doc?.text ?? '']),
    ...specialFeatures(context),
    ...contents(context),
    ...features(context),
    ...texts(doc?.further ?? []),
  ]);
}

const KINDS: Readonly<Record<Entity['kind'], string>> = {
  command: 'Command',
  event: 'Event',
  enum: 'Enumeration',
  struct: 'Object',
  union: 'Union',
  alternate: 'Alternate',
};

/** Returns `Command · since 0.15.0 · if CONFIG_X`. */
function facts({ kind, doc, condition }: Entity): string {
  const since = doc?.since === undefined ? '' : renderInline(doc.since, markdownStyle(codeSpan));
  const parts = [KINDS[kind], since && `since ${since}`, condition && `if ${conditionText(condition)}`];
  return `*${parts.filter(Boolean).join(' · ')}*`;
}

/** Returns a condition in words: `CONFIG_A` and not `CONFIG_B`. */
function conditionText(condition: Condition, nested = false): string {
  if (condition.kind === 'defined') return codeSpan(condition.name);
  if (condition.kind === 'not') return `not ${conditionText(condition.operand, true)}`;
  const operands = condition.operands.map((operand) => conditionText(operand, true));
  const joined = operands.join(condition.kind === 'all' ? ' and ' : ' or ');
  return nested && operands.length > 1 ? `(${joined})` : joined;
}

function labelled({ style }: Context, label: string, markup: string): Paragraph {
  return renderAfter(`**${label}:**`, parseBlocks(markup), style, WIDTH);
}

/** `deprecated` and `unstable` come first, as warnings. */
function specialFeatures(context: Context): Paragraph[] {
  return context.entity.features.filter(isSpecial).map((feature) => {
    const label = feature.name === 'deprecated' ? 'Deprecated' : 'Unstable';
    return labelled(context, label, featureText(feature.name, context.doc) || 'it may change or go.');
  });
}

/** The other features, and the descriptions of members' features. */
function features({ entity, doc, style }: Context): Paragraph[] {
  const documented = doc?.features.map(({ name }) => name) ?? [];
  const names = new Set([...documented, ...entity.features.map(({ name }) => name)]);
  const rows = [...names].flatMap((name) => {
    const own = entity.features.find((feature) => feature.name === name);
    if (own && isSpecial(own)) return [];
    const text = tableCell(parseBlocks(featureText(name, doc)), style);
    return [[codeSpan(name) + conditionNote(own?.condition), text]];
  });
  return rows.length === 0 ? [] : [table(['Feature', 'Description'], rows)];
}

function contents(context: Context): Paragraph[] {
  const { entity, links, doc } = context;
  switch (entity.kind) {
    case 'command':
      return [
        ...payload(context, 'Argument', entity.arguments),
        ...(entity.returns || doc?.returns ? [returns(context, entity.returns)] : []),
        ...(doc?.errors === undefined ? [] : [labelled(context, 'Errors', doc.errors)]),
        ...commandNotes(entity),
      ];
    case 'event':
      return payload(context, 'Member', entity.data);
    case 'enum': {
      const rows = entity.values.map((value) => [codeSpan(value.name), description(context, value)]);
      return [table(['Value', 'Description'], rows)];
    }
    case 'struct':
      return [...base(context, entity.base), ...members(context, 'Member', entity.members)];
    case 'union': {
      const rows = entity.branches.map((branch) => [
        codeSpan(branch.name) + conditionNote(branch.condition),
        cellSafe(links.type(branch.type)),
      ]);
      return [
        ...(entity.base ? base(context, entity.base) : members(context, 'Member', entity.members)),
        table([`If ${codeSpan(entity.discriminator.name)} is`, 'further members are those of'], rows),
      ];
    }
    case 'alternate': {
      const rows = entity.branches.map((branch) => [
        codeSpan(branch.name),
        cellSafe(links.type(branch.type)),
        description(context, branch),
      ]);
      return [table(['Alternative', 'Type', 'Description'], rows)];
    }
  }
}

function base({ links }: Context, type: Type | undefined): Paragraph[] {
  return type ? [[`All members of ${links.type(type)}, and:`]] : [];
}

function payload(context: Context, what: string, data: Payload | undefined): Paragraph[] {
  if (data === undefined) return [];
  if (data.kind === 'members') return members(context, what, data.members);
  return [[`**${what}s:** those of ${context.links.type(data.type)}`]];
}

function members(context: Context, what: string, list: readonly Member[]): Paragraph[] {
  if (list.length === 0) return [];
  const rows = list.map((member) => [
    codeSpan(member.name),
    cellSafe(context.links.type(member.type)) + (member.optional ? ', optional' : ''),
    description(context, member),
  ]);
  return [table([what, 'Type', 'Description'], rows)];
}

function description(
  { doc, style }: Context,
  part: { readonly name: string; readonly condition?: Condition; readonly features?: readonly Feature[] },
): string {
  const text = memberText(part.name, doc) ?? '';
  const names = part.features?.map(({ name }) => codeSpan(name)) ?? [];
  const notes = [
    ...(part.condition ? [`Only if ${conditionText(part.condition)}.`] : []),
    ...(names.length > 0 ? [`Features: ${names.join(', ')}.`] : []),
  ];
  const cell = tableCell(parseBlocks(text), style);
  return [cell, cellSafe(notes.join(' '))].filter((line) => line !== '').join('<br>');
}

function conditionNote(condition: Condition | undefined): string {
  return condition ? ` (if ${conditionText(condition)})` : '';
}

function returns({ doc, links, style }: Context, type: Type | undefined): Paragraph {
  const blocks = parseBlocks(doc?.returns ?? '');
  const dash = blocks[0]?.kind === 'paragraph' ? ' –' : '';
  return renderAfter(`**Returns:** ${type ? links.type(type) : 'nothing'}${dash}`, blocks, style, WIDTH);
}

function commandNotes(command: Command): Paragraph[] {
  const notes = [
    ...(command.successResponse ? [] : ['There is no reply on success.']),
    ...(command.gen ? [] : ['It may take more arguments than are described here.']),
    ...(command.allowOob ? ['It can be executed out of band.'] : []),
    ...(command.allowPreconfig ? ['It can be executed before the machine is configured.'] : []),
  ];
  return notes.length === 0 ? [] : [[escaped(notes.join(' '))]];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): Paragraph {
  if (rows.length === 0) return ['None.'];
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...rows.map(row)];
}
