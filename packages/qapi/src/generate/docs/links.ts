/** Anchors of a reference page, and links to them. */
import type { Entity, Schema, Type } from '../../model.js';
import { codeSpan } from '../markup/markdown.js';

/** Links to what a schema defines. */
export interface Links {
  /** The id of a definition's heading; ids of chapters begin with `chapter-`. */
  anchor(entity: Entity): string;
  /** A name as a link, if it is that of a definition. */
  name(name: string): string;
  /** A type with links. */
  type(type: Type): string;
}

/** Links within one page that has all of the schema. */
export function makeLinks(schema: Schema): Links {
  const byName = new Map(schema.entities.map((entity) => [entity.name, entity]));
  const anchor = ({ kind, name }: Entity) => {
    const group = kind === 'command' || kind === 'event' ? kind : 'type';
    return `${group}-${name.replaceAll(/[^A-Za-z0-9_-]/g, '.')}`;
  };
  const name = (text: string) => {
    const entity = byName.get(text);
    return entity ? `[${codeSpan(text)}](#${anchor(entity)})` : codeSpan(text);
  };
  const type = (given: Type): string => {
    switch (given.kind) {
      case 'list':
        return `list of ${type(given.element)}`;
      case 'anonymous': {
        const members = given.members.map(
          (member) => `${codeSpan(member.name)}: ${type(member.type)}${member.optional ? ', optional' : ''}`,
        );
        return `object (${members.join('; ')})`;
      }
      default:
        return name(given.name);
    }
  };
  return { anchor, name, type };
}
