/** One definition of the reference. */
import type { Condition, Doc, Entity, Feature, Member, Payload } from '../../model.js';
import { parseBlocks } from '../markup/blocks.js';
import { cellSafe, codeSpan, escaped, markdownStyle, tableCell } from '../markup/markdown.js';
import { renderAfter, renderInline, renderMarkup, type Style, separated } from '../markup/render.js';
import type { Links } from './links.js';

/** Columns of a line of text. */
export const WIDTH = 100;

/** A group of lines; an empty line separates it from the next. */
type Paragraph = readonly string[];

/** A definition under a heading of the given depth, as lines. */
export function renderDefinition(entity: Entity, links: Links, depth: number): string[] {
  const own = new Set(entity.doc?.members.map(({ name }) => name));
  const style = markdownStyle((name) => (own.has(name) ? codeSpan(name) : links.name(name)));
  const to: Context = { entity, links, style, doc: entity.doc };
  return separated([
    [`<a id="${links.anchor(entity)}"></a>`],
    [`${'#'.repeat(Math.min(depth, 6))} ${codeSpan(entity.name)}`],
    [facts(entity)],
    ...text(to, entity.doc?.text),
    ...special(to),
    ...substance(to),
    ...features(to),
    ...(entity.doc?.further ?? []).flatMap((further) => text(to, further)),
  ]);
}

interface Context {
  readonly entity: Entity;
  readonly links: Links;
  readonly style: Style;
  readonly doc: Doc | undefined;
}

const KINDS: Readonly<Record<Entity['kind'], string>> = {
  command: 'Command',
  event: 'Event',
  enum: 'Enumeration',
  struct: 'Object',
  union: 'Union',
  alternate: 'Alternate',
};

/** `Command, since 0.15.0, if CONFIG_X`. */
function facts(entity: Entity): string {
  const parts = [KINDS[entity.kind]];
  if (entity.doc?.since !== undefined) {
    parts.push(`since ${renderInline(entity.doc.since, markdownStyle(codeSpan))}`);
  }
  if (entity.condition) parts.push(`if ${conditionText(entity.condition)}`);
  return `*${parts.join(' · ')}*`;
}

/** A condition in words: `CONFIG_A` and not `CONFIG_B`. */
function conditionText(condition: Condition, nested = false): string {
  switch (condition.kind) {
    case 'defined':
      return codeSpan(condition.name);
    case 'not':
      return `not ${conditionText(condition.operand, true)}`;
    default: {
      const joined = condition.operands
        .map((operand) => conditionText(operand, true))
        .join(condition.kind === 'all' ? ' and ' : ' or ');
      return nested && condition.operands.length > 1 ? `(${joined})` : joined;
    }
  }
}

function text({ style }: Context, markup: string | undefined): Paragraph[] {
  return markup === undefined || markup.trim() === '' ? [] : [renderMarkup(markup, style, WIDTH)];
}

function labelled({ style }: Context, label: string, markup: string): Paragraph[] {
  return [renderAfter(`**${label}:**`, parseBlocks(markup), style, WIDTH)];
}

/** What a reader has to know before all else: deprecated, unstable. */
function special(context: Context): Paragraph[] {
  return context.entity.features.filter(isSpecial).flatMap((feature) => {
    const label = feature.name === 'deprecated' ? 'Deprecated' : 'Unstable';
    return labelled(context, label, featureDoc(context, feature.name) || 'it may change or go.');
  });
}

function isSpecial({ name }: Feature): boolean {
  return name === 'deprecated' || name === 'unstable';
}

function featureDoc({ doc }: Context, name: string): string {
  return doc?.features.find((entry) => entry.name === name)?.text ?? '';
}

/** The other features, and what is said of features of members. */
function features(context: Context): Paragraph[] {
  const { entity, doc, style } = context;
  const documented = doc?.features.map(({ name }) => name) ?? [];
  const names = new Set([...documented, ...entity.features.map(({ name }) => name)]);
  const rows = [...names].flatMap((name) => {
    const own = entity.features.find((feature) => feature.name === name);
    if (own && isSpecial(own)) return [];
    return [
      [
        codeSpan(name) + conditionNote(own?.condition),
        tableCell(parseBlocks(featureDoc(context, name)), style),
      ],
    ];
  });
  return rows.length === 0 ? [] : [table(['Feature', 'Description'], rows)];
}

function substance(context: Context): Paragraph[] {
  const { entity, links, doc } = context;
  switch (entity.kind) {
    case 'command':
      return [
        ...payload(context, 'Argument', entity.arguments),
        ...(entity.returns || doc?.returns ? returns(context) : []),
        ...(doc?.errors === undefined ? [] : labelled(context, 'Errors', doc.errors)),
        ...commandNotes(entity),
      ];
    case 'event':
      return payload(context, 'Member', entity.data);
    case 'enum':
      return [
        table(
          ['Value', 'Description'],
          entity.values.map((value) => [codeSpan(value.name), description(context, value)]),
        ),
      ];
    case 'struct':
      return [
        ...(entity.base ? [[`All members of ${links.type(entity.base)}, and:`]] : []),
        ...members(context, 'Member', entity.members),
      ];
    case 'union': {
      const tag = codeSpan(entity.discriminator.name);
      const base = entity.base;
      return [
        ...(base
          ? [[`All members of ${links.type(base)}, and:`]]
          : members(context, 'Member', entity.members)),
        table(
          [`If ${tag} is`, 'further members are those of'],
          entity.branches.map((branch) => [
            codeSpan(branch.name) + conditionNote(branch.condition),
            cellSafe(links.type(branch.type)),
          ]),
        ),
      ];
    }
    case 'alternate':
      return [
        table(
          ['Alternative', 'Type', 'Description'],
          entity.branches.map((branch) => [
            codeSpan(branch.name),
            cellSafe(links.type(branch.type)),
            description(context, { ...branch, features: [] }),
          ]),
        ),
      ];
  }
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
  context: Context,
  thing: { readonly name: string; readonly condition?: Condition; readonly features: readonly Feature[] },
): string {
  const entry = context.doc?.members.find(({ name }) => name === thing.name);
  const notes = [
    ...(thing.condition ? [`Only if ${conditionText(thing.condition)}.`] : []),
    ...(thing.features.length > 0
      ? [`Features: ${thing.features.map(({ name }) => codeSpan(name)).join(', ')}.`]
      : []),
  ];
  const cell = tableCell(parseBlocks(entry?.text ?? ''), context.style);
  return [cell, cellSafe(notes.join(' '))].filter((part) => part !== '').join('<br>');
}

function conditionNote(condition: Condition | undefined): string {
  return condition ? ` (if ${conditionText(condition)})` : '';
}

function returns({ entity, doc, links, style }: Context): Paragraph[] {
  const type = entity.kind === 'command' && entity.returns ? links.type(entity.returns) : 'nothing';
  const blocks = parseBlocks(doc?.returns ?? '');
  const dash = blocks[0]?.kind === 'paragraph' ? ' –' : '';
  return [renderAfter(`**Returns:** ${type}${dash}`, blocks, style, WIDTH)];
}

function commandNotes(entity: Extract<Entity, { readonly kind: 'command' }>): Paragraph[] {
  const notes = [
    ...(entity.successResponse ? [] : ['There is no reply on success.']),
    ...(entity.gen ? [] : ['It may take more arguments than are described here.']),
    ...(entity.allowOob ? ['It can be executed out of band.'] : []),
    ...(entity.allowPreconfig ? ['It can be executed before the machine is configured.'] : []),
  ];
  return notes.length === 0 ? [] : [[escaped(notes.join(' '))]];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): Paragraph {
  if (rows.length === 0) return ['There are none.'];
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...rows.map(row)];
}
