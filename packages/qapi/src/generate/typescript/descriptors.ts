/** The descriptors of types. */
import type { Feature, Member, Type, UnionType } from '../../model.js';
import type { Document } from '../printer/document.js';
import { array, getter, object, property, quoted } from '../printer/literals.js';
import type { DeclaredType } from '../references.js';
import { comment } from './comments.js';
import type { Scope } from './scope.js';
import { membersOf } from './types.js';

/** Returns the declaration of a type's descriptor. */
export function descriptorDeclaration(scope: Scope, type: DeclaredType): Document {
  const name = scope.plan.nameOf(type);
  const kind = `${type.kind.charAt(0).toUpperCase()}${type.kind.slice(1)}Descriptor`;
  return [
    comment([`Descriptor of {@link ${name}}.`]),
    `export const ${name}: `,
    scope.runtimeType(kind),
    `<${name}> = `,
    descriptorLiteral(scope, type),
    ';',
  ];
}

export function descriptorLiteral(scope: Scope, type: DeclaredType): Document {
  const head = [property('kind', quoted(type.kind)), property('name', quoted(type.name))];
  return object([...head, ...details(scope, type)], true);
}

function details(scope: Scope, type: DeclaredType): Document[] {
  const { selection } = scope.plan;
  switch (type.kind) {
    case 'enum':
      return [property('values', array(selection.of(type.values).map(({ name }) => quoted(name))))];
    case 'struct':
      return [property('members', memberDescriptors(scope, membersOf(type, selection)))];
    case 'union':
      return [
        property('members', memberDescriptors(scope, selection.of(type.members))),
        property('discriminator', quoted(type.discriminator.name)),
        property('branches', unionBranches(scope, type)),
      ];
    case 'alternate': {
      const branches = selection
        .of(type.branches)
        .map((branch) =>
          object([property('name', quoted(branch.name)), property('type', late(scope, branch.type))]),
        );
      return [property('branches', array(branches, branches.length > 1))];
    }
  }
}

function unionBranches(scope: Scope, type: UnionType): Document {
  const { selection } = scope.plan;
  const tag = type.discriminator.type;
  const values = new Set(tag.kind === 'enum' ? selection.of(tag.values).map(({ name }) => name) : []);
  const branches = selection
    .of(type.branches)
    .filter(({ name }) => values.has(name))
    .map((branch) => property(branch.name, late(scope, branch.type)));
  return object(branches, branches.length > 0);
}

/** Returns the descriptor of a struct without a name in the schema. */
export function structLiteral(
  scope: Scope,
  name: string,
  members: readonly Member[],
  breaks = false,
): Document {
  const list = memberDescriptors(scope, scope.plan.selection.of(members));
  return object(
    [property('kind', "'struct'"), property('name', quoted(name)), property('members', list)],
    breaks,
  );
}

function memberDescriptors(scope: Scope, members: readonly Member[]): Document {
  const items = members.map((member) => {
    return object([
      property('name', quoted(member.name)),
      property('type', late(scope, member.type, member.name)),
      ...(member.optional ? [property('optional', 'true')] : []),
      ...featuresProperty(scope, member.features),
    ]);
  });
  return array(items, items.length > 1);
}

/** Returns the property with the selected features; an empty list without any. */
export function featuresProperty(scope: Scope, features: readonly Feature[]): Document[] {
  const names = scope.plan.selection.of(features).map(({ name }) => quoted(name));
  return names.length > 0 ? [property('features', array(names))] : [];
}

/** Returns `() => descriptor`, since types may refer to each other in any order. */
function late(scope: Scope, type: Type, name = ''): Document {
  const value = descriptorOf(scope, type, name);
  return type.kind === 'list' || type.kind === 'anonymous' ? ['() => (', value, ')'] : ['() => ', value];
}

/** Returns a reference to a descriptor; `name` is for types without one. */
function descriptorOf(scope: Scope, type: Type, name = ''): Document {
  switch (type.kind) {
    case 'builtin':
      return [scope.runtimeValue('builtin'), `.${type.name}`];
    case 'list':
      return object([property('kind', "'list'"), property('element', late(scope, type.element))]);
    case 'anonymous':
      return structLiteral(scope, name, type.members);
    default:
      return scope.value(type);
  }
}

/** Returns a property with a descriptor; a getter if the descriptor may not exist yet. */
export function descriptorProperty(scope: Scope, name: string, type: Type): Document {
  const declared = type.kind !== 'builtin' && type.kind !== 'list' && type.kind !== 'anonymous';
  const value = descriptorOf(scope, type, name);
  return declared && !scope.ready(type) ? getter(name, value) : property(name, value);
}
