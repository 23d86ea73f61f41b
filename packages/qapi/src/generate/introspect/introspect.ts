/** Generates the reply of QEMU's `query-qmp-schema` for a schema. */
import type {
  Command,
  Condition,
  EnumType,
  Event,
  Feature,
  Member,
  Module,
  Schema,
  StructType,
  UnionType,
} from '../../model.js';
import { payloadOf } from '../references.js';
import { type Conditional, type Selection, select } from '../selection.js';
import { type ImplicitType, jsonType, NOTHING, type SeenType, TypeNames } from './type-names.js';

/** One element of the reply. The keys are in alphabetical order. */
export type SchemaInfo = Readonly<Record<string, unknown>>;

/** Options of {@link introspect}. */
export interface IntrospectOptions {
  /** The conditional parts to describe. Defaults to those whose conditions hold with nothing defined. */
  readonly selection?: Selection;
  /** Keeps the names of types instead of replacing them by numbers. */
  readonly unmasked?: boolean;
}

/** Returns commands and events, then types by first use, as QEMU does: excluded parts count in the numbering too. */
export function introspect(schema: Schema, options: IntrospectOptions = {}): readonly SchemaInfo[] {
  const selection = options.selection ?? select([]);
  const introspector = new Introspector(selection, options.unmasked ?? false);
  const result: SchemaInfo[] = [];
  const add = (condition: Condition | undefined, info: SchemaInfo) => {
    if (selection.includes(condition ? { condition } : {})) result.push(info);
  };
  for (const module of includerFirst(schema.main)) {
    for (const item of module.items) {
      if (item.kind === 'command') add(item.condition, introspector.command(item));
      if (item.kind === 'event') add(item.condition, introspector.event(item));
    }
  }
  for (const type of introspector.names.used) add(conditionOf(type), introspector.type(type));
  return result;
}

/** QEMU visits a module before the modules that it includes. */
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

class Introspector {
  readonly names: TypeNames;
  readonly #selection: Selection;

  constructor(selection: Selection, unmasked: boolean) {
    this.names = new TypeNames(unmasked);
    this.#selection = selection;
  }

  command(command: Command): SchemaInfo {
    return {
      ...(command.allowOob ? { 'allow-oob': true } : {}),
      'arg-type': this.#payload(command),
      ...this.#features(command.features),
      'meta-type': 'command',
      name: command.name,
      'ret-type': this.names.use(command.returns ?? NOTHING, `${command.name}-ret`),
    };
  }

  event(event: Event): SchemaInfo {
    const type = this.#payload(event);
    return { 'arg-type': type, ...this.#features(event.features), 'meta-type': 'event', name: event.name };
  }

  type(type: SeenType): SchemaInfo {
    switch (type.kind) {
      case 'builtin':
        return { 'json-type': jsonType(type.name), 'meta-type': 'builtin', name: type.name };
      case 'array': {
        const element = this.names.nameOf(type.element);
        return { 'element-type': element, 'meta-type': 'array', name: this.names.nameOf(type) };
      }
      case 'enum':
        return { ...this.#features(type.features), ...this.#enum(type) };
      case 'implicit':
        return this.#object(type, type.members);
      case 'struct':
        return { ...this.#features(type.features), ...this.#object(type, withBase(type)) };
      case 'union':
        return { ...this.#features(type.features), ...this.#union(type) };
      case 'alternate':
        return {
          ...this.#features(type.features),
          members: this.#each(type.branches, (branch) => ({
            type: this.names.use(branch.type, branch.name),
          })),
          'meta-type': 'alternate',
          name: this.names.nameOf(type),
        };
    }
  }

  #payload(call: Command | Event): string {
    const { name, condition } = call;
    const data = payloadOf(call);
    if (data?.kind === 'named') return this.names.use(data.type, data.type.name);
    if (data === undefined || data.members.length === 0) return this.names.use(NOTHING, '');
    const type: ImplicitType = { kind: 'implicit', name: `q_obj_${name}-arg`, members: data.members };
    return this.names.use(condition ? { ...type, condition } : type, '');
  }

  #features(features: readonly Feature[]): SchemaInfo {
    return features.length === 0 ? {} : { features: this.#selection.of(features).map(({ name }) => name) };
  }

  /** Describes everything before it drops the excluded parts, since both count in the numbering. */
  #each<T extends Conditional>(parts: readonly T[], info: (part: T) => SchemaInfo): readonly SchemaInfo[] {
    const infos = parts.map(info);
    return infos.filter((_, index) => this.#selection.includes(parts[index] ?? {}));
  }

  #object(type: StructType | UnionType | ImplicitType, members: readonly Member[]): SchemaInfo {
    const infos = this.#each(members, (member) => ({
      ...(member.optional ? { default: null } : {}),
      ...this.#features(member.features),
      name: member.name,
      type: this.names.use(member.type, `${type.name}-${member.name}`),
    }));
    return { members: infos, 'meta-type': 'object', name: this.names.nameOf(type) };
  }

  #union(type: UnionType): SchemaInfo {
    const tag = type.discriminator.type;
    const covered = new Set(type.branches.map(({ name }) => name));
    const uncovered = tag.kind === 'enum' ? tag.values.filter(({ name }) => !covered.has(name)) : [];
    return {
      ...this.#object(type, type.members),
      tag: type.discriminator.name,
      variants: [
        ...this.#each(type.branches, (each) => ({
          case: each.name,
          type: this.names.use(each.type, each.name),
        })),
        ...this.#each(uncovered, ({ name }) => ({ case: name, type: this.names.use(NOTHING, '') })),
      ],
    };
  }

  #enum(type: EnumType): SchemaInfo {
    return {
      members: this.#each(type.values, ({ name, features }) => ({ ...this.#features(features), name })),
      'meta-type': 'enum',
      name: this.names.nameOf(type),
      values: this.#selection.of(type.values).map(({ name }) => name),
    };
  }
}

function withBase(type: StructType): readonly Member[] {
  return type.base ? [...withBase(type.base), ...type.members] : type.members;
}

function conditionOf(type: SeenType): Condition | undefined {
  if (type.kind === 'array') return conditionOf(type.element);
  return type.kind === 'builtin' ? undefined : type.condition;
}
