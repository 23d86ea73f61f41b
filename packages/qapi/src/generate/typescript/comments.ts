/** Doc comments of the generated code, from the documentation of the schema. */
import type { Command, Doc, Entity, Event, Feature, Type } from '../../model.js';
import { featureText, isSpecial, memberText, renderMarkup, type Style, separated } from '../markup/render.js';
import { type Document, hardLine, joinLines } from '../printer/document.js';
import type { Scope } from './scope.js';

/** Columns of a line of the output. */
const WIDTH = 110;

/** Returns a comment and a line end; nothing for no lines. */
export function comment(lines: readonly string[], depth = 0): Document {
  if (lines.length === 0) return [];
  if (lines.length === 1) {
    const text = safe(lines[0] ?? '');
    if (depth + text.length + 7 <= WIDTH) return [`/** ${text} */`, hardLine];
  }
  const body = lines.map((line) => (line === '' ? ' *' : ` * ${safe(line)}`));
  return [joinLines(['/**', ...body, ' */']), hardLine];
}

/** Escapes text that would end the comment. */
function safe(line: string): string {
  return line.replaceAll('*/', '*\\/');
}

/** Renders texts of the schema as lines of a comment. */
class CommentWriter {
  readonly #style: Style;
  readonly #width: number;

  constructor(scope: Scope, owner: Entity, depth: number) {
    this.#style = new TsdocStyle(scope, owner);
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
class TsdocStyle implements Style {
  readonly #scope: Scope;
  readonly #owner: Entity;

  constructor(scope: Scope, owner: Entity) {
    this.#scope = scope;
    this.#owner = owner;
  }

  text(text: string): string {
    return text.replaceAll('{@', '\\{@');
  }

  code(text: string): string {
    return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
  }

  link(text: string, url: string): string {
    return text === url ? url : `{@link ${url} | ${text.replaceAll(/[{}|]/g, ' ')}}`;
  }

  reference(name: string): string {
    const { plan, planned } = this.#scope;
    const entity = memberText(name, this.#owner.doc) === undefined ? plan.find(name) : undefined;
    return entity && plan.fileOf(entity) === planned ? linkTo(this.#scope, entity) : `\`${name}\``;
  }

  codeLine(line: string): string {
    return line.replace(/^(\s*)@/, '$1\\@');
  }
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
  const described = memberText(member.name, doc) ?? '';
  const features = scope.plan.selection.of(member.features ?? []);
  const text = writer.text(withNote(described, widthNote(member.type)));
  if (features.length === 0) return comment(text, 2);
  const untyped = features.filter(({ name }) => scope.featureType(name) === undefined);
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
