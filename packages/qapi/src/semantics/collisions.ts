/** Finds names that collide: members, values, branches and features of one object (qemu-ga §10.5). */
import type { Reporter } from '../diagnostics/diagnostics.js';
import type { Feature, Member, UnionType } from '../model.js';
import type { Span } from '../source.js';
import type { Definition } from '../validate/definitions.js';
import { identifierOf } from '../validate/names.js';
import { fail } from '../validate/scope.js';
import { lineageOf, type ObjectType } from './containment.js';

/** A name with the words that describe it in messages. */
interface Occupant {
  readonly name: string;
  readonly role: string;
  /** The name of the type that defines it. */
  readonly owner: string;
  readonly span: Span;
}

/** Names by their C identifiers. */
type Occupied = ReadonlyMap<string, Occupant>;

function describe({ name, role, owner }: Occupant, definition: Definition): string {
  return owner === definition.name ? `${role} '${name}'` : `${role} '${name}' of type '${owner}'`;
}

/** Reports collisions, with a cache of each type's names. Types must have a sound containment. */
export class CollisionCheck {
  readonly #reporter: Reporter;
  readonly #commonNames = new Map<ObjectType, Occupied>();
  readonly #allNames = new Map<ObjectType, Occupied>();

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  /** Checks the names of one list. */
  amongSiblings(
    definition: Definition,
    names: readonly Pick<Member | Feature, 'name' | 'span'>[],
    role: string,
  ): void {
    if (names.length < 2) return;
    const seen = new Map<string, Occupant>();
    for (const { name, span } of names) {
      const occupant = { name, role, owner: definition.name, span };
      const identifier = identifierOf(name);
      const earlier = seen.get(identifier);
      if (earlier) this.#collide(definition, occupant, earlier, span);
      else seen.set(identifier, occupant);
    }
  }

  /** Checks the members of a struct or union with those of its bases and branches. */
  inObject(definition: Definition, type: ObjectType): void {
    if (type.kind === 'union') {
      if (!type.base) this.amongSiblings(definition, type.members, 'base member');
      this.#inBranches(definition, type);
      return;
    }
    this.amongSiblings(definition, type.members, 'member');
    if (!type.base) return;
    const inherited = this.#commonOf(type.base);
    for (const { name, span } of type.members) {
      const earlier = inherited.get(identifierOf(name));
      const member = { name, role: 'member', owner: definition.name, span };
      if (earlier) this.#collide(definition, member, earlier, span);
    }
  }

  #inBranches(definition: Definition, union: UnionType): void {
    const common = this.#commonOf(union);
    for (const { type, span } of union.branches) {
      const names = this.#allOf(type);
      const fewer = names.size < common.size ? names : common;
      for (const identifier of fewer.keys()) {
        const later = names.get(identifier);
        const earlier = common.get(identifier);
        if (later && earlier) this.#collide(definition, later, earlier, span);
      }
    }
  }

  #collide(definition: Definition, later: Occupant, earlier: Occupant, span: Span): void {
    const message = `${describe(later, definition)} collides with ${describe(earlier, definition)}`;
    const related = [{ message: `${earlier.role} '${earlier.name}'`, span: earlier.span }];
    const scope = { reporter: this.#reporter, context: definition.context };
    fail(scope, 'member-collision', message, span, { related });
  }

  /** Returns the names of a struct with its bases, or of a union's common part. */
  #commonOf(type: ObjectType): Occupied {
    if (type.kind === 'union' && type.base) return this.#commonOf(type.base);
    const role = type.kind === 'union' ? 'base member' : 'member';
    return cached(this.#commonNames, type, () =>
      (type.kind === 'union' ? [type] : lineageOf(type)).flatMap(({ name: owner, members }) =>
        members.map(({ name, span }) => ({ name, role, owner, span })),
      ),
    );
  }

  /** Returns the names of all members that an object of the type can have. */
  #allOf(type: ObjectType): Occupied {
    if (type.kind === 'struct') return this.#commonOf(type);
    return cached(this.#allNames, type, () => {
      const branches = [...new Set(type.branches.map((branch) => branch.type))];
      return [this.#commonOf(type), ...branches.map((branch) => this.#allOf(branch))].flatMap((names) => [
        ...names.values(),
      ]);
    });
  }
}

/** Of occupants that collide, the first one is kept. */
function cached(
  cache: Map<ObjectType, Occupied>,
  type: ObjectType,
  occupants: () => Iterable<Occupant>,
): Occupied {
  const known = cache.get(type);
  if (known) return known;
  const names = new Map<string, Occupant>();
  for (const occupant of occupants()) {
    const identifier = identifierOf(occupant.name);
    if (!names.has(identifier)) names.set(identifier, occupant);
  }
  cache.set(type, names);
  return names;
}
