/** Doc comments of the output, from the documentation of the schema. */
import type { Command, Doc, Entity, Event, Feature, Type } from '../../model.js';
import { renderMarkup, type Style, separated } from '../markup/render.js';
import { type Document, hardLine } from '../printer/document.js';
import { verbatim } from '../printer/typescript-file.js';
import type { Scope } from './scope.js';

/** Columns of a line of the output. */
const WIDTH = 110;

/** A comment and the line end after it; nothing if there is nothing to say. */
export function comment(lines: readonly string[], depth = 0): Document {
  if (lines.length === 0) return [];
  const safe = lines.map((line) => line.replaceAll('*/', '*\\/'));
  const [only = ''] = safe;
  if (safe.length === 1 && depth + only.length + 7 <= WIDTH) return [`/** ${only} */`, hardLine];
  const body = safe.map((line) => (line === '' ? ' *' : ` * ${line}`));
  return [verbatim(['/**', ...body, ' */']), hardLine];
}

/** Texts of the schema as lines of a comment at one depth. */
interface Writer {
  text(markup: string): string[];
  tag(name: string, markup: string): string[];
}

function writer(scope: Scope, owner: Entity, depth: number): Writer {
  const style = tsdoc(scope, owner);
  const width = WIDTH - depth - 3;
  return {
    text: (markup) => renderMarkup(markup, style, width),
    tag(name, markup) {
      const [first = '', ...rest] = renderMarkup(markup, style, width - name.length - 1);
      const inline = first !== '' && !/^(?:[-*>] |\d+\. |```)/.test(first);
      return inline ? [`${name} ${first}`, ...rest] : [name, ...(first === '' ? [] : [first]), ...rest];
    },
  };
}

/** TSDoc wants hardly anything escaped: a comment is read as it stands more often than it is rendered. */
function tsdoc(scope: Scope, owner: Entity): Style {
  const own = new Set(owner.doc?.members.map(({ name }) => name));
  return {
    text: (text) => text.replaceAll('{@', '\\{@'),
    code: (text) => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``),
    link: (text, url) => (text === url ? url : `{@link ${url} | ${text.replaceAll(/[{}|]/g, ' ')}}`),
    reference(name) {
      const entity = own.has(name) ? undefined : scope.plan.find(name);
      if (entity === undefined || scope.plan.fileOf(entity) !== scope.planned) return `\`${name}\``;
      return linkTo(scope, entity);
    },
    heading: (_, text) => `**${text}**`,
    codeLine: (line) => line.replace(/^(\s*)@/, '$1\\@'),
  };
}

/** The comment of a definition: what it is, what is to be known, and then the tags. */
export function definitionComment(scope: Scope, entity: Entity): Document {
  const { doc } = entity;
  const to = writer(scope, entity, 0);
  const features = scope.plan.selection.of(entity.features);
  if (doc === undefined) return comment(featureTags(to, features, undefined).flat());
  const width = entity.kind === 'command' ? widthNote(entity.returns) : undefined;
  const returns = [doc.returns, width].filter((text) => text !== undefined).join(' ');
  const blocks = [
    to.text(doc.text),
    ...doc.further.map(to.text),
    ...(doc.errors === undefined ? [] : [['Errors:'].concat(to.text(doc.errors))]),
    ...plainFeatures(to, features, doc),
  ];
  const tags = [
    ...(returns === '' ? [] : [to.tag('@returns', returns)]),
    ...featureTags(to, features, doc),
    ...(doc.since === undefined ? [] : [to.tag('@since', doc.since)]),
  ];
  return comment(separated([separated(blocks), tags.flat()]));
}

/** The comment of a member, argument or value; `type` adds the width of an integer. */
export function memberComment(
  scope: Scope,
  owner: Entity,
  member: { readonly name: string; readonly features: readonly Feature[]; readonly type?: Type },
  depth: number,
): Document {
  const doc = owner.doc;
  const to = writer(scope, owner, depth);
  const described = doc?.members.find(({ name }) => name === member.name)?.text ?? '';
  const width = widthNote(member.type);
  const features = scope.plan.selection.of(member.features);
  const blocks = [
    to.text(withNote(described, width)),
    ...plainFeatures(
      to,
      features.filter(({ name }) => scope.featureType(name) === undefined),
      doc,
    ),
  ];
  return comment(separated([separated(blocks), featureTags(to, features, doc).flat()]), depth);
}

/** Puts a note at the end of the first paragraph. */
function withNote(text: string, note: string | undefined): string {
  if (note === undefined) return text;
  if (text.trim() === '') return note.slice(1, -1).replace(/^./, (first) => first.toUpperCase());
  const [first = '', ...rest] = text.split(/\n(?=\s*\n)/);
  if (/^\s*(?:[-*] |\.\. )|::\s*$/.test(first)) return `${text}\n\n${note.slice(1, -1)}`;
  return [`${first.trimEnd()} ${note}`, ...rest].join('\n');
}

const WIDTHS = new Map([
  ['int', '64-bit signed'],
  ['int8', '8-bit signed'],
  ['int16', '16-bit signed'],
  ['int32', '32-bit signed'],
  ['int64', '64-bit signed'],
  ['uint8', '8-bit unsigned'],
  ['uint16', '16-bit unsigned'],
  ['uint32', '32-bit unsigned'],
  ['uint64', '64-bit unsigned'],
  ['size', '64-bit unsigned'],
]);

function widthNote(type: Type | undefined): string | undefined {
  if (type?.kind === 'list') return widthNote(type.element)?.replace('(', '(each ');
  const width = type?.kind === 'builtin' ? WIDTHS.get(type.name) : undefined;
  return width === undefined ? undefined : `(${width})`;
}

function isSpecial({ name }: Feature): boolean {
  return name === 'deprecated' || name === 'unstable';
}

function featureText(name: string, doc: Doc | undefined): string {
  return doc?.features.find((entry) => entry.name === name)?.text ?? '';
}

function plainFeatures(to: Writer, features: readonly Feature[], doc: Doc | undefined): string[][] {
  return features
    .filter((feature) => !isSpecial(feature) && featureText(feature.name, doc) !== '')
    .map(({ name }) => to.text(`Feature \`\`${name}\`\`: ${featureText(name, doc)}`));
}

function featureTags(to: Writer, features: readonly Feature[], doc: Doc | undefined): string[][] {
  return features.filter(isSpecial).map(({ name }) => {
    const text = featureText(name, doc);
    if (name === 'deprecated') return to.tag('@deprecated', text);
    return to.tag('@remarks', text === '' ? 'Unstable.' : `Unstable.  ${text}`);
  });
}

/** The comment of the interface for what a command takes or an event carries. */
export function payloadComment(scope: Scope, entity: Command | Event): Document {
  const what = entity.kind === 'command' ? 'Arguments' : 'Data';
  return comment([`${what} of ${linkTo(scope, entity)}.`]);
}

function linkTo(scope: Scope, entity: Entity): string {
  const identifier = scope.plan.nameOf(entity);
  return identifier === entity.name ? `{@link ${identifier}}` : `{@link ${identifier} | ${entity.name}}`;
}
