/** The introspection back end: what QEMU would answer to `query-qmp-schema`, had it been built from this schema. */
import type {
  Command,
  Condition,
  EnumType,
  Event,
  Feature,
  Member,
  Module,
  Payload,
  Schema,
  StructType,
  UnionType,
} from '../../model.js';
import { type Conditional, type Selection, select } from '../selection.js';
import {
  type ImplicitType,
  jsonType,
  NOTHING,
  type SeenType,
  type TypeNames,
  typeNames,
} from './type-names.js';

/** One element of the answer; its keys are in alphabetical order. */
export type SchemaInfo = Readonly<Record<string, unknown>>;

/** How to introspect. */
export interface IntrospectOptions {
  /** Which conditional parts to describe; those whose conditions hold with nothing defined unless given. */
  readonly selection?: Selection;
  /** Types keep their names instead of being numbered. */
  readonly unmasked?: boolean;
}

interface Described {
  readonly condition: Condition | undefined;
  readonly info: SchemaInfo;
}

/**
 * Describes commands and events in QEMU's order, then the types that they use in the order of first use.
 * As in QEMU, what is left out still takes part in the numbering of types.
 */
export function introspect(schema: Schema, options: IntrospectOptions = {}): readonly SchemaInfo[] {
  const selection = options.selection ?? select([]);
  const names = typeNames(options.unmasked ?? false);
  const describe = describer(names, selection);
  const described: Described[] = [];
  for (const module of includerFirst(schema.main)) {
    for (const item of module.items) {
      if (item.kind === 'command') described.push(describe.command(item));
      if (item.kind === 'event') described.push(describe.event(item));
    }
  }
  for (const type of names.used) described.push(describe.type(type));
  return described
    .filter(({ condition }) => selection.includes(condition ? { condition } : {}))
    .map(({ info }) => info);
}

/** QEMU visits a module before those that it includes. */
function includerFirst(main: Module): ReadonlySet<Module> {
  const seen = new Set<Module>();
  const visit = (module: Module) => {
    if (seen.has(module)) return;
    seen.add(module);
    module.includes.forEach(visit);
  };
  visit(main);
  return seen;
}

function describer(names: TypeNames, selection: Selection) {
  const featuresOf = (features: readonly Feature[]) =>
    features.length === 0 ? {} : { features: selection.of(features).map(({ name }) => name) };

  /** Describes all and then drops some: types are numbered in both cases. */
  const each = <T extends Conditional>(things: readonly T[], info: (thing: T) => SchemaInfo) =>
    things
      .map((thing) => ({ thing, info: info(thing) }))
      .filter(({ thing }) => selection.includes(thing))
      .map((described) => described.info);

  const membersInfo = (owner: string, members: readonly Member[]) =>
    each(members, (member) => ({
      ...(member.optional ? { default: null } : {}),
      ...featuresOf(member.features),
      name: member.name,
      type: names.use(member.type, `${owner}-${member.name}`),
    }));

  const payload = (entity: Command | Event, data: Payload | undefined): string => {
    if (data?.kind === 'named') return names.use(data.type, data.type.name);
    if (data === undefined || data.members.length === 0) return names.use(NOTHING, '');
    const { condition } = entity;
    const type: ImplicitType = { kind: 'implicit', name: `q_obj_${entity.name}-arg`, members: data.members };
    return names.use(condition ? { ...type, condition } : type, '');
  };

  const unionInfo = (type: UnionType): SchemaInfo => {
    const tag = type.discriminator.type;
    const covered = new Set(type.branches.map(({ name }) => name));
    const uncovered = tag.kind === 'enum' ? tag.values.filter(({ name }) => !covered.has(name)) : [];
    return {
      members: membersInfo(type.name, type.members),
      'meta-type': 'object',
      name: names.nameOf(type),
      tag: type.discriminator.name,
      variants: [
        ...each(type.branches, (branch) => ({
          case: branch.name,
          type: names.use(branch.type, branch.name),
        })),
        ...each(uncovered, ({ name }) => ({ case: name, type: names.use(NOTHING, '') })),
      ],
    };
  };

  const enumInfo = (type: EnumType): SchemaInfo => ({
    members: each(type.values, ({ name, features }) => ({ ...featuresOf(features), name })),
    'meta-type': 'enum',
    name: names.nameOf(type),
    values: selection.of(type.values).map(({ name }) => name),
  });

  const typeInfo = (type: SeenType): SchemaInfo => {
    switch (type.kind) {
      case 'builtin':
        return { 'json-type': jsonType(type.name), 'meta-type': 'builtin', name: type.name };
      case 'array':
        return { 'element-type': names.nameOf(type.element), 'meta-type': 'array', name: names.nameOf(type) };
      case 'enum':
        return { ...featuresOf(type.features), ...enumInfo(type) };
      case 'implicit':
        return {
          members: membersInfo(type.name, type.members),
          'meta-type': 'object',
          name: names.nameOf(type),
        };
      case 'struct':
        return {
          ...featuresOf(type.features),
          members: membersInfo(type.name, withBase(type)),
          'meta-type': 'object',
          name: names.nameOf(type),
        };
      case 'union':
        return { ...featuresOf(type.features), ...unionInfo(type) };
      case 'alternate':
        return {
          ...featuresOf(type.features),
          members: each(type.branches, (branch) => ({ type: names.use(branch.type, branch.name) })),
          'meta-type': 'alternate',
          name: names.nameOf(type),
        };
    }
  };

  return {
    command(command: Command): Described {
      const argumentType = payload(command, command.arguments);
      const info = {
        ...(command.allowOob ? { 'allow-oob': true } : {}),
        'arg-type': argumentType,
        ...featuresOf(command.features),
        'meta-type': 'command',
        name: command.name,
        'ret-type': names.use(command.returns ?? NOTHING, `${command.name}-ret`),
      };
      return { condition: command.condition, info };
    },
    event(event: Event): Described {
      const info = {
        'arg-type': payload(event, event.data),
        ...featuresOf(event.features),
        'meta-type': 'event',
        name: event.name,
      };
      return { condition: event.condition, info };
    },
    type: (type: SeenType): Described => ({ condition: conditionOf(type), info: typeInfo(type) }),
  };
}

function withBase(type: StructType): readonly Member[] {
  return type.base ? [...withBase(type.base), ...type.members] : type.members;
}

function conditionOf(type: SeenType): Condition | undefined {
  if (type.kind === 'array') return conditionOf(type.element);
  return type.kind === 'builtin' ? undefined : type.condition;
}
