/** What is decided before anything is printed: names, files, and which file may look into which while it loads. */
import type { Entity, EnumType, Module, NamedType, Payload, Schema, Type } from '../../model.js';
import { camelCase, nameAllocator, pascalCase } from '../names.js';
import type { Selection } from '../selection.js';
import { outputPaths } from './files.js';

/** A type that has a declaration of its own. */
export type DeclaredType = Exclude<NamedType, { readonly kind: 'builtin' }>;

/** One module and the file that is written for it. */
export interface PlannedFile {
  readonly path: string;
  readonly module: Module;
  /** What is generated of it, in schema order. */
  readonly entities: readonly Entity[];
  /** The name of the module's command table. */
  readonly commands: string;
  /** The name of the module's event table. */
  readonly events: string;
}

/** Decisions for a whole schema. */
export interface Plan {
  readonly selection: Selection;
  readonly schema: Schema;
  /** The main module's file first. */
  readonly files: readonly PlannedFile[];
  /** The identifier of a type and its descriptor, or of a command's or event's descriptor. */
  nameOf(entity: Entity): string;
  /** The identifier of the interface for what a command takes or an event carries, where that is written in place. */
  payloadNameOf(entity: Entity): string | undefined;
  fileOf(entity: Entity): PlannedFile;
  /** The entity of that name, if it is generated. */
  find(name: string): Entity | undefined;
  /** Whether all of file `to` is there when file `from` begins to run, whichever of them is imported first. */
  loadsBefore(to: PlannedFile, from: PlannedFile): boolean;
}

/** Plans the output for the selected parts of a schema. */
export function makePlan(schema: Schema, selection: Selection): Plan {
  const paths = outputPaths(schema);
  const allocator = nameAllocator();
  allocator.allocate('commands');
  allocator.allocate('events');
  const entities = new Map<Module, readonly Entity[]>();
  for (const module of paths.keys()) {
    entities.set(module, selection.of(module.items.filter((item) => item.kind !== 'text')));
  }
  const placeless = enumsWithoutPlace([...entities.values()].flat(), selection);
  entities.set(schema.main, [...placeless, ...(entities.get(schema.main) ?? [])]);

  const all = [...entities.values()].flat();
  const names = allocateNames(all, allocator.allocate);
  const files = [...paths].map(([module, path]): PlannedFile => {
    const stem = path.replace(/\.ts$/, '');
    const base = camelCase(stem.split('/').at(-1) ?? stem);
    const table = (what: string) => allocator.allocate(`${base}${what}`, `${camelCase(stem)}${what}`);
    return {
      path,
      module,
      entities: entities.get(module) ?? [],
      commands: table('Commands'),
      events: table('Events'),
    };
  });
  const homes = new Map(files.flatMap((file) => file.entities.map((entity) => [entity, file] as const)));
  const byName = new Map(all.map((entity) => [entity.name, entity]));
  const reaches = reachability(files, homes, selection);
  const known = <K, V>(map: ReadonlyMap<K, V>, key: K): V => {
    const value = map.get(key);
    if (value === undefined) throw new RangeError('not part of the plan');
    return value;
  };
  return {
    selection,
    schema,
    files,
    nameOf: (entity) => known(names.entities, entity),
    payloadNameOf: (entity) => names.payloads.get(entity),
    fileOf: (entity) => known(homes, entity),
    find: (name) => byName.get(name),
    loadsBefore: (to, from) => to !== from && !reaches(to, from),
  };
}

/** Types keep their names; what is derived from commands and events gives way. */
function allocateNames(all: readonly Entity[], allocate: (...names: [string, ...string[]]) => string) {
  const entities = new Map<Entity, string>();
  const payloads = new Map<Entity, string>();
  for (const entity of all) {
    if (entity.kind !== 'command' && entity.kind !== 'event') {
      entities.set(entity, allocate(entity.name, `${entity.name}Type`));
    }
  }
  for (const entity of all) {
    const [camel, pascal] = [camelCase(entity.name), pascalCase(entity.name)];
    if (entity.kind === 'command') {
      entities.set(entity, allocate(camel, `${camel}Command`));
      if (entity.arguments?.kind === 'members') payloads.set(entity, allocate(`${pascal}Arguments`));
    } else if (entity.kind === 'event') {
      entities.set(entity, allocate(`${camel}Event`));
      if (entity.data?.kind === 'members') payloads.set(entity, allocate(`${pascal}EventData`));
    }
  }
  return { entities, payloads };
}

/** The declared types that an entity's declaration names, as far as they are selected. */
function referencesOf(entity: Entity, selection: Selection): readonly DeclaredType[] {
  switch (entity.kind) {
    case 'enum':
      return [];
    case 'struct':
      return [...(entity.base ? [entity.base] : []), ...ofMembers(entity.members, selection)];
    case 'union':
      return [
        ...(entity.base ? [entity.base] : []),
        ...ofMembers(entity.members, selection),
        ...selection.of(entity.branches).map(({ type }) => type),
      ];
    case 'alternate':
      return selection.of(entity.branches).flatMap(({ type }) => declaredIn(type, selection));
    case 'command':
      return [
        ...ofPayload(entity.arguments, selection),
        ...(entity.returns ? declaredIn(entity.returns, selection) : []),
      ];
    case 'event':
      return ofPayload(entity.data, selection);
  }
}

function ofPayload(payload: Payload | undefined, selection: Selection): readonly DeclaredType[] {
  if (payload === undefined) return [];
  return payload.kind === 'named' ? [payload.type] : ofMembers(payload.members, selection);
}

function ofMembers(
  members: Extract<Payload, { readonly kind: 'members' }>['members'],
  selection: Selection,
): readonly DeclaredType[] {
  return selection.of(members).flatMap(({ type }) => declaredIn(type, selection));
}

function declaredIn(type: Type, selection: Selection): readonly DeclaredType[] {
  switch (type.kind) {
    case 'builtin':
      return [];
    case 'list':
      return declaredIn(type.element, selection);
    case 'anonymous':
      return ofMembers(type.members, selection);
    default:
      return [type];
  }
}

/** `QType` is defined in no module; it is declared where it is used. */
function enumsWithoutPlace(entities: readonly Entity[], selection: Selection): readonly EnumType[] {
  const placed = new Set<Entity>(entities);
  const referred = entities.flatMap((entity) => referencesOf(entity, selection));
  const found = referred.filter(
    (type): type is EnumType => type.kind === 'enum' && type.name === 'QType' && !placed.has(type),
  );
  return [...new Set(found)];
}

function reachability(
  files: readonly PlannedFile[],
  homes: ReadonlyMap<Entity, PlannedFile>,
  selection: Selection,
): (from: PlannedFile, to: PlannedFile) => boolean {
  const [index] = files;
  const reached = new Map<PlannedFile, ReadonlySet<PlannedFile>>();
  const next = (file: PlannedFile): readonly (PlannedFile | undefined)[] =>
    file === index
      ? files
      : file.entities.flatMap((entity) => referencesOf(entity, selection)).map((type) => homes.get(type));
  const edges = new Map(files.map((file) => [file, new Set(next(file))]));
  const from = (start: PlannedFile): ReadonlySet<PlannedFile> => {
    const seen = new Set<PlannedFile>();
    const pending = [start];
    for (let file = pending.pop(); file; file = pending.pop()) {
      for (const target of edges.get(file) ?? []) {
        if (target === undefined || seen.has(target)) continue;
        seen.add(target);
        pending.push(target);
      }
    }
    return seen;
  };
  return (start, target) => {
    const seen = reached.get(start) ?? from(start);
    reached.set(start, seen);
    return seen.has(target);
  };
}
