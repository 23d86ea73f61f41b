/** The semantic checks across definitions (qemu-ga §10.4 to §10.6), which create the model. */
import type { Reporter } from '../diagnostics/diagnostics.js';
import type { Entity, Feature, Module, Schema } from '../model.js';
import { type Definition, inPlace, partsOf } from '../validate/definitions.js';
import type { ValidModule, ValidProgram } from '../validate/program.js';
import { CollisionCheck } from './collisions.js';
import { checkContainment, lineageOf, type ObjectType } from './containment.js';
import { checkDocumentation, modelText, ROLES } from './documentation.js';
import { resolveAlternate, resolveStruct, resolveUnion } from './object-types.js';
import { resolveCommand, resolveEvent } from './payloads.js';
import { TypeTable } from './type-table.js';

/** The maximum number of different features in a schema, including the two special ones. */
const MAX_FEATURES = 64;

/** The maximum number of members of all types together, with inherited ones counted in each type. */
const MAX_MEMBERS = 500_000;

/** Features with a meaning in every schema. */
const SPECIAL_FEATURES = ['deprecated', 'unstable'];

/** Resolves a program. The schema is complete only if no stage has reported an error. */
export function resolveProgram(program: ValidProgram, reporter: Reporter): Schema {
  const types = new TypeTable(program, reporter);
  completeTypes(types);
  const entities = createEntities(types);
  checkMembers(types, entities);
  for (const definition of types.definitions) {
    if (program.dialect === 'modern') checkDocumentation(definition, program.pragmas, reporter);
  }
  checkFeatures(types);
  return { ...createModules(program.main, entities), entities: [...entities.values()] };
}

/** Structs come first, since unions look into them. */
function completeTypes(types: TypeTable): void {
  for (const definition of types.definitions) {
    const draft = types.draftOf(definition);
    if (definition.kind === 'struct' && draft?.kind === 'struct') resolveStruct(definition, draft, types);
  }
  for (const definition of types.definitions) {
    const draft = types.draftOf(definition);
    if (definition.kind === 'union' && draft?.kind === 'union') {
      resolveUnion(definition, draft, types);
    } else if (definition.kind === 'alternate' && draft?.kind === 'alternate') {
      resolveAlternate(definition, draft, types);
    }
  }
}

function createEntities(types: TypeTable): ReadonlyMap<Definition, Entity> {
  const entities = new Map<Definition, Entity>();
  for (const definition of types.definitions) {
    if (definition.kind === 'command') entities.set(definition, resolveCommand(definition, types));
    else if (definition.kind === 'event') entities.set(definition, resolveEvent(definition, types));
    else {
      const draft = types.draftOf(definition);
      if (draft) entities.set(definition, draft);
    }
  }
  return entities;
}

function checkMembers(types: TypeTable, entities: ReadonlyMap<Definition, Entity>): void {
  const objects = new Map<ObjectType, Definition>();
  for (const [definition, entity] of entities) {
    if (entity.kind === 'struct' || entity.kind === 'union') objects.set(entity, definition);
  }
  const unsound = checkContainment(objects, types);
  checkTotal(objects, unsound, types);
  const collisions = new CollisionCheck(types.reporter);
  for (const definition of types.definitions) {
    const entity = entities.get(definition);
    collisions.amongSiblings(definition, definition.features, 'feature');
    for (const features of partFeatures(partsOf(definition)))
      collisions.amongSiblings(definition, features, 'feature');
    if (entity?.kind === 'struct' || entity?.kind === 'union') {
      if (!unsound.has(entity)) collisions.inObject(definition, entity);
    } else {
      collisions.amongSiblings(definition, partsOf(definition), ROLES[definition.kind] ?? 'parameter');
    }
  }
}

/** The output repeats inherited members in each type: without a limit, a small schema could exhaust the memory. */
function checkTotal(
  objects: ReadonlyMap<ObjectType, Definition>,
  unsound: ReadonlySet<ObjectType>,
  types: TypeTable,
): void {
  let total = 0;
  for (const [type, definition] of objects) {
    if (unsound.has(type)) continue;
    const parts = type.kind === 'struct' ? lineageOf(type) : [type];
    for (const { members } of parts) total += members.length;
    if (total <= MAX_MEMBERS) continue;
    const message = `Maximum of ${MAX_MEMBERS} members is permitted, those of bases included`;
    types.fail(definition, 'too-many-members', message, definition.nameSpan);
    return;
  }
}

/** Returns the lists of features of a definition's parts, in the order of the text. */
function partFeatures(parts: ReturnType<typeof partsOf>): readonly (readonly Feature[])[] {
  return parts.flatMap((part) => {
    if (!('features' in part)) return [];
    const nested = 'type' in part ? inPlace(part.type) : [];
    if (nested.length > 0) return [part.features, ...partFeatures(nested)];
    return part.features.length > 0 ? [part.features] : [];
  });
}

function checkFeatures(types: TypeTable): void {
  const names = new Set(SPECIAL_FEATURES);
  let full = false;
  for (const definition of types.definitions) {
    const { features, kind } = definition;
    for (const { name, span } of features) {
      if (kind === 'command' || kind === 'event' || !SPECIAL_FEATURES.includes(name)) continue;
      types.fail(definition, 'feature-on-type', `feature '${name}' is not supported for types`, span);
    }
    for (const { name, span } of [features, ...partFeatures(partsOf(definition))].flat()) {
      names.add(name);
      if (names.size <= MAX_FEATURES || full) continue;
      full = true;
      const message = `Maximum of ${MAX_FEATURES} schema features is permitted`;
      types.fail(definition, 'too-many-features', message, span);
    }
  }
}

/** A module is listed at its first definition, or at its end if it has none. */
function createModules(
  main: ValidModule,
  entities: ReadonlyMap<Definition, Entity>,
): Pick<Schema, 'main' | 'modules'> {
  const modules = new Set<Module>();
  const create = ({ name, items }: ValidModule): Module => {
    const moduleItems: Module['items'][number][] = [];
    const includes: Module[] = [];
    const module: Module = { name, items: moduleItems, includes };
    for (const item of items) {
      if (item.kind === 'inclusion') includes.push(create(item.module));
      else if (item.kind === 'doc') moduleItems.push(modelText(item));
      else {
        const entity = entities.get(item);
        if (entity) moduleItems.push(entity);
        modules.add(module);
      }
    }
    modules.add(module);
    return module;
  };
  return { main: create(main), modules: [...modules] };
}
