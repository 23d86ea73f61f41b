/** Plans the output before it is printed: identifiers, files, and the order in which the files can load each other. */
import type { Entity, EnumType, Module, Schema } from '../../model.js';
import { camelCase, NameAllocator, pascalCase } from '../names.js';
import { isCall, payloadOf, referencesOf } from '../references.js';
import type { Selection } from '../selection.js';
import { outputPaths } from './files.js';

/** A module with the file that is generated for it. */
export interface PlannedFile {
  readonly path: string;
  readonly module: Module;
  /** The generated entities, in schema order. */
  readonly entities: readonly Entity[];
  readonly commands: string;
  readonly events: string;
}

export class Plan {
  readonly schema: Schema;
  readonly selection: Selection;
  /** The main module's file first. */
  readonly files: readonly PlannedFile[];
  readonly #names = new Map<Entity, string>();
  readonly #payloadNames = new Map<Entity, string>();
  readonly #homes: ReadonlyMap<Entity, PlannedFile>;
  readonly #byName: ReadonlyMap<string, Entity>;
  readonly #reached = new Map<PlannedFile, ReadonlySet<PlannedFile>>();
  readonly #dependencies: ReadonlyMap<PlannedFile, ReadonlySet<PlannedFile>>;

  constructor(schema: Schema, selection: Selection) {
    this.schema = schema;
    this.selection = selection;
    const paths = outputPaths(schema);
    const entities = new Map<Module, readonly Entity[]>();
    for (const module of paths.keys()) {
      entities.set(module, selection.of(module.items.filter((item) => item.kind !== 'text')));
    }
    const implicit = this.#implicitEnums([...entities.values()].flat());
    entities.set(schema.main, [...implicit, ...(entities.get(schema.main) ?? [])]);
    const all = [...entities.values()].flat();
    const allocator = new NameAllocator('commands', 'events');
    this.#allocateNames(all, allocator);
    this.files = [...paths].map(([module, path]): PlannedFile => {
      const stem = path.replace(/\.ts$/, '');
      const base = camelCase(stem.split('/').at(-1) ?? stem);
      const table = (what: string) => allocator.allocate(`${base}${what}`, `${camelCase(stem)}${what}`);
      const commands = table('Commands');
      return { path, module, entities: entities.get(module) ?? [], commands, events: table('Events') };
    });
    this.#homes = new Map(
      this.files.flatMap((file) => file.entities.map((entity) => [entity, file] as const)),
    );
    this.#byName = new Map(all.map((entity) => [entity.name, entity]));
    this.#dependencies = new Map(this.files.map((file) => [file, this.#dependenciesOf(file)]));
  }

  /** Returns the identifier of a type and its descriptor, or of the descriptor of a command or event. */
  nameOf(entity: Entity): string {
    return lookUp(this.#names, entity);
  }

  /** Returns the identifier of the interface for arguments or event data in place, if there are any. */
  payloadNameOf(entity: Entity): string | undefined {
    return this.#payloadNames.get(entity);
  }

  fileOf(entity: Entity): PlannedFile {
    return lookUp(this.#homes, entity);
  }

  /** Returns a generated entity by its name in the schema. */
  find(name: string): Entity | undefined {
    return this.#byName.get(name);
  }

  /** Returns true if file `to` has run completely before file `from` begins, in every order of imports. */
  loadsBefore(to: PlannedFile, from: PlannedFile): boolean {
    return to !== from && !this.#reachableFrom(to).has(from);
  }

  /** Types keep their names; the identifiers of commands and events avoid them. */
  #allocateNames(all: readonly Entity[], allocator: NameAllocator): void {
    for (const entity of all) {
      if (isCall(entity)) continue;
      this.#names.set(entity, allocator.allocate(entity.name, `${entity.name}Type`));
    }
    for (const entity of all.filter(isCall)) {
      const camel = camelCase(entity.name);
      const isCommand = entity.kind === 'command';
      const name = isCommand
        ? allocator.allocate(camel, `${camel}Command`)
        : allocator.allocate(`${camel}Event`);
      this.#names.set(entity, name);
      if (payloadOf(entity)?.kind !== 'members') continue;
      const payload = `${pascalCase(entity.name)}${isCommand ? 'Arguments' : 'EventData'}`;
      this.#payloadNames.set(entity, allocator.allocate(payload));
    }
  }

  /** `QType` belongs to no module; it is declared if it is used. */
  #implicitEnums(entities: readonly Entity[]): readonly EnumType[] {
    const placed = new Set<Entity>(entities);
    const types = entities.flatMap((entity) => referencesOf(entity, this.selection)).map(({ type }) => type);
    const enums = new Set(types.filter((type) => type.kind === 'enum'));
    return [...enums].filter((type) => type.name === 'QType' && !placed.has(type));
  }

  #dependenciesOf(file: PlannedFile): ReadonlySet<PlannedFile> {
    if (file === this.files[0]) return new Set(this.files);
    const types = file.entities.flatMap((entity) => referencesOf(entity, this.selection));
    return new Set(types.flatMap(({ type }) => this.#homes.get(type) ?? []));
  }

  #reachableFrom(start: PlannedFile): ReadonlySet<PlannedFile> {
    const reached = this.#reached.get(start);
    if (reached) return reached;
    const seen = new Set<PlannedFile>();
    const pending = [start];
    for (let file = pending.pop(); file; file = pending.pop()) {
      for (const target of this.#dependencies.get(file) ?? []) {
        if (!seen.has(target)) pending.push(target);
        seen.add(target);
      }
    }
    this.#reached.set(start, seen);
    return seen;
  }
}

function lookUp<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new RangeError('not part of the plan');
  return value;
}
