/** Doc comments of the generated code, from the documentation of the schema. */
import type { Command, Doc, Entity, Event, Feature, Type } from '../../model.js';
import { featureText, isSpecial, renderMarkup, type Style, separated } from '../markup/render.js';
import { type Document, hardLine, join } from '../printer/document.js';
import type { Scope } from './scope.js';

/** Columns of a line of the output. */
const WIDTH = 110;

/** Returns a comment and a line end; nothing for no lines. */
export function comment(lines: readonly string[], depth = 0): Document {
  if (lines.length === 0) return [];
  const safe = lines.map((line) => line.replaceAll('*/', '*\\/'));
  const [only = ''] = safe;
  if (safe.length === 1 && depth + only.length + 7 <= WIDTH) return [`/** ${only} */`, hardLine];
  const body = safe.map((line) => (line === '' ? ' *' : ` * ${line}`));
  return [join(['/**', ...body, ' */'], hardLine), hardLine];
}

/** Renders texts of the schema as lines of a comment. */
class CommentWriter {
  readonly #style: Style;
  readonly #width: number;

  constructor(scope: Scope, owner: Entity, depth: number) {
    this.#style = tsdocStyle(scope, owner);
    this.#width = WIDTH - depth - 3;
  }

  text(markup: string): string[] {
    return renderMarkup(markup, this.#style, this.#width);
  }

  tag(name: string, markup: string): string[] {
    const [first = '', ...rest] = renderMarkup(markup, this.#style, this.#width - name.length - 1);
    if (first === '') return [name];
    return /^(?:[-*>] |\d+\. |```)/.test(first) ? [name, first, ...rest] : [`${name} ${first}`, ...rest];
  }

  /** Returns the texts of features that are not tags. */
  features(features: readonly Feature[], doc: Doc | undefined): string[][] {
    return features
      .filter((feature) => !isSpecial(feature) && featureText(feature.name, doc) !== '')
      .map(({ name }) => this.text(`Feature \`\`${name}\`\`: ${featureText(name, doc)}`));
  }

  featureTags(features: readonly Feature[], doc: Doc | undefined): string[] {
    return features.filter(isSpecial).flatMap(({ name }) => {
      const text = featureText(name, doc);
      if (name === 'deprecated') return this.tag('@deprecated', text);
      return this.tag('@remarks', text === '' ? 'Unstable.' : `Unstable.  ${text}`);
    });
  }
}

/** TSDoc is mostly read as source, so little is escaped. */
function tsdocStyle(scope: Scope, owner: Entity): Style {
  const members = new Set(owner.doc?.members.map(({ name }) => name));
  return {
    text: (text) => text.replaceAll('{@', '\\{@'),
    code: (text) => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``),
    link: (text, url) => (text === url ? url : `{@link ${url} | ${text.replaceAll(/[{}|]/g, ' ')}}`),
    reference(name) {
      const entity = members.has(name) ? undefined : scope.plan.find(name);
      return entity && scope.plan.fileOf(entity) === scope.planned ? linkTo(scope, entity) : `\`${name}\``;
    },
    codeLine: (line) => line.replace(/^(\s*)@/, '$1\\@'),
  };
}

/** Returns the comment of a definition: texts, then tags. */
export function definitionComment(scope: Scope, entity: Entity): Document {
  const { doc } = entity;
  const writer = new CommentWriter(scope, entity, 0);
  const features = scope.plan.selection.of(entity.features);
  const featureTags = writer.featureTags(features, doc);
  if (doc === undefined) return comment(featureTags);
  const width = entity.kind === 'command' ? widthNote(entity.returns) : undefined;
  const returns = [doc.returns, width].filter((text) => text !== undefined).join(' ');
  const blocks = [
    writer.text(doc.text),
    ...doc.further.map((text) => writer.text(text)),
    ...(doc.errors === undefined ? [] : [['Errors:', ...writer.text(doc.errors)]]),
    ...writer.features(features, doc),
  ];
  const tags = [
    ...(returns === '' ? [] : writer.tag('@returns', returns)),
    ...featureTags,
    ...(doc.since === undefined ? [] : writer.tag('@since', doc.since)),
  ];
  return comment(separated([...blocks, tags]));
}

/** Returns the comment of a member, argument or value; `type` adds the width of an integer. */
export function memberComment(
  scope: Scope,
  owner: Entity,
  member: { readonly name: string; readonly features?: readonly Feature[]; readonly type?: Type },
): Document {
  const doc = owner.doc;
  const writer = new CommentWriter(scope, owner, 2);
  const described = doc?.members.find(({ name }) => name === member.name)?.text ?? '';
  const features = scope.plan.selection.of(member.features ?? []);
  const untyped = features.filter(({ name }) => scope.featureType(name) === undefined);
  const text = writer.text(withNote(described, widthNote(member.type)));
  const lines = separated([text, ...writer.features(untyped, doc), writer.featureTags(features, doc)]);
  return comment(lines, 2);
}

/** Adds a note to the end of the first paragraph. */
function withNote(text: string, note: string | undefined): string {
  if (note === undefined) return text;
  if (text.trim() === '') return note.slice(1, -1).replace(/^./, (first) => first.toUpperCase());
  const [first = '', ...rest] = text.split(/\n(?=\s*\n)/);
  if (/^\s*(?:[-*] |\.\. )|::\s*$/.test(first)) return `${text}\n\n${note.slice(1, -1)}`;
  return [`${first.trimEnd()} ${note}`, ...rest].join('\n');
}

/** Returns `(32-bit signed)` for `int32`. */
function widthNote(type: Type | undefined): string | undefined {
  if (type?.kind === 'list') return widthNote(type.element)?.replace('(', '(each ');
  if (type?.kind !== 'builtin') return undefined;
  const [, unsigned, bits] = /^(u?)int(\d*)$/.exec(type.name === 'size' ? 'uint64' : type.name) ?? [];
  return bits === undefined ? undefined : `(${bits || 64}-bit ${unsigned ? 'unsigned' : 'signed'})`;
}

/** Returns the comment of the interface for arguments or event data. */
export function payloadComment(scope: Scope, entity: Command | Event): Document {
  const what = entity.kind === 'command' ? 'Arguments' : 'Data';
  return comment([`${what} of ${linkTo(scope, entity)}.`]);
}

function linkTo(scope: Scope, entity: Entity): string {
  const identifier = scope.plan.nameOf(entity);
  return identifier === entity.name ? `{@link ${identifier}}` : `{@link ${identifier} | ${entity.name}}`;
}
