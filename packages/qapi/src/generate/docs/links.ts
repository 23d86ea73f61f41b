/** Anchors of the reference, and links to them. */
import type { Entity, Schema, Type } from '../../model.js';
import { codeSpan } from '../markup/markdown.js';

/** Links to the definitions of a schema within one page. */
export class Links {
  readonly #byName: ReadonlyMap<string, Entity>;

  constructor(schema: Schema) {
    this.#byName = new Map(schema.entities.map((entity) => [entity.name, entity]));
  }

  /** Returns the id of a definition's heading. Ids of chapters begin with `chapter-`. */
  anchor({ kind, name }: Entity): string {
    const group = kind === 'command' || kind === 'event' ? kind : 'type';
    return `${group}-${name.replaceAll(/[^A-Za-z0-9_-]/g, '.')}`;
  }

  /** Returns a name, as a link if the schema defines it. */
  name(text: string): string {
    const entity = this.#byName.get(text);
    return entity ? `[${codeSpan(text)}](#${this.anchor(entity)})` : codeSpan(text);
  }

  type(type: Type): string {
    if (type.kind === 'list') return `list of ${this.type(type.element)}`;
    if (type.kind !== 'anonymous') return this.name(type.name);
    const members = type.members.map(
      (member) => `${codeSpan(member.name)}: ${this.type(member.type)}${member.optional ? ', optional' : ''}`,
    );
    return `object (${members.join('; ')})`;
  }
}
