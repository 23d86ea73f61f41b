/**
 * Names that collide: members, values, branches and features of one object (qemu-ga §10.5).
 */

import type { Reporter } from '../diagnostics/diagnostics.js';
import type { Feature, Member, UnionType } from '../model.js';
import type { Span } from '../source.js';
import type { Definition } from '../validate/definitions.js';
import { identifierOf } from '../validate/names.js';
import { fail } from '../validate/scope.js';
import type { ObjectType } from './containment.js';
import { lineageOf } from './containment.js';

/** A name and how messages speak of it. */
interface Occupant {
  readonly name: string;
  readonly role: string;
  /** The type in which it is defined. */
  readonly owner: string;
  readonly span: Span;
}

/** Names by what C makes of them. */
type Occupied = ReadonlyMap<string, Occupant>;

function describe({ name, role, owner }: Occupant, definition: Definition): string {
  return owner === definition.name ? `${role} '${name}'` : `${role} '${name}' of type '${owner}'`;
}

/** Looks for collisions. It remembers the names of types that are parts of many others. */
export interface CollisionCheck {
  /** Names that stand beside one another in one definition. */
  amongSiblings(definition: Definition, names: readonly Named[], role: string): void;
  /** The members of a struct or union, with those of its bases and branches. */
  inObject(definition: Definition, type: ObjectType): void;
}

/** Whatever has a name and a place. */
type Named = Pick<Member | Feature, 'name' | 'span'>;

/** Makes a check. Types whose containment is unsound must not be given to it, nor be parts of those that are. */
export function createCollisionCheck(reporter: Reporter): CollisionCheck {
  const commonNames = new Map<ObjectType, Occupied>();
  const allNames = new Map<ObjectType, Occupied>();

  const collide = (definition: Definition, later: Occupant, earlier: Occupant, span: Span): void => {
    const message = `${describe(later, definition)} collides with ${describe(earlier, definition)}`;
    const related = [{ message: `${earlier.role} '${earlier.name}'`, span: earlier.span }];
    fail({ reporter, context: definition.context }, 'member-collision', message, span, { related });
  };

  const amongSiblings: CollisionCheck['amongSiblings'] = (definition, names, role) => {
    const seen = new Map<string, Occupant>();
    for (const { name, span } of names) {
      const occupant = { name, role, owner: definition.name, span };
      const earlier = seen.get(identifierOf(name));
      if (earlier) collide(definition, occupant, earlier, span);
      else seen.set(identifierOf(name), occupant);
    }
  };

  const remembered = (
    memory: Map<ObjectType, Occupied>,
    type: ObjectType,
    gather: (into: Map<string, Occupant>) => void,
  ): Occupied => {
    let names = memory.get(type);
    if (!names) {
      const gathered = new Map<string, Occupant>();
      gather(gathered);
      memory.set(type, gathered);
      names = gathered;
    }
    return names;
  };

  /** The names of a struct with its bases, or of a union's common part. */
  const commonOf = (type: ObjectType): Occupied =>
    type.kind === 'union' && type.base
      ? commonOf(type.base)
      : remembered(commonNames, type, (into) => {
          const owners = type.kind === 'union' ? [type] : lineageOf(type);
          const role = type.kind === 'union' ? 'base member' : 'member';
          for (const owner of owners)
            addAll(
              into,
              owner.members.map((member) => ({ ...member, role, owner: owner.name })),
            );
        });

  /** The names that can occur in an object of the type, whatever its branch. */
  const allOf = (type: ObjectType): Occupied =>
    type.kind === 'struct'
      ? commonOf(type)
      : remembered(allNames, type, (into) => {
          addAll(into, commonOf(type).values());
          for (const branch of new Set(type.branches.map((each) => each.type)))
            addAll(into, allOf(branch).values());
        });

  const inBranches = (definition: Definition, union: UnionType): void => {
    const common = commonOf(union);
    for (const { type, span } of union.branches) {
      const names = allOf(type);
      const fewer = names.size < common.size ? names : common;
      for (const identifier of fewer.keys()) {
        const later = names.get(identifier);
        const earlier = common.get(identifier);
        if (later && earlier) collide(definition, later, earlier, span);
      }
    }
  };

  return {
    amongSiblings,
    inObject: (definition, type) => {
      if (type.kind === 'union') {
        if (!type.base) amongSiblings(definition, type.members, 'base member');
        inBranches(definition, type);
        return;
      }
      amongSiblings(definition, type.members, 'member');
      if (!type.base) return;
      const inherited = commonOf(type.base);
      for (const { name, span } of type.members) {
        const earlier = inherited.get(identifierOf(name));
        if (earlier)
          collide(definition, { name, role: 'member', owner: definition.name, span }, earlier, span);
      }
    },
  };
}

/** Adds names; the first of those that collide stays. */
function addAll(into: Map<string, Occupant>, occupants: Iterable<Occupant>): void {
  for (const occupant of occupants) {
    const identifier = identifierOf(occupant.name);
    if (!into.has(identifier)) into.set(identifier, occupant);
  }
}
