/**
 * The second stage of checks: meaning across definitions (qemu-ga §10.4 to §10.6). Makes the model.
 */

import type { Reporter } from '../diagnostics/diagnostics.js';
import type { Entity, Feature, Module, Schema } from '../model.js';
import type { Definition, MemberDefinition } from '../validate/definitions.js';
import type { CheckedModule, CheckedProgram } from '../validate/program.js';
import { fail } from '../validate/scope.js';
import { createCollisionCheck } from './collisions.js';
import { checkContainment, lineageOf, type ObjectType } from './containment.js';
import { checkDocumentation, modelText } from './documentation.js';
import { resolveAlternate, resolveStruct, resolveUnion } from './object-types.js';
import { resolveCommand, resolveEvent } from './payloads.js';
import { createTypeTable, type Draft, type TypeTable } from './type-table.js';

/** How many different features a schema can have, with the two special ones. */
const MAX_FEATURES = 64;

/** How many members all types can have together, inherited ones counted in each; no real schema comes near it. */
const MAX_MEMBERS = 500_000;

/** Features that every schema has, and that have a meaning of their own. */
const SPECIAL_FEATURES = ['deprecated', 'unstable'];

/** Resolves a program. The schema is whole only if no error was reported, here or before. */
export function resolveProgram(program: CheckedProgram, reporter: Reporter): Schema {
  const types = createTypeTable(program, reporter);
  fillTypes(types, reporter);
  const entities = makeEntities(program, types, reporter);
  checkMembers(types, entities, reporter);
  for (const definition of types.definitions) {
    if (program.dialect === 'modern') checkDocumentation(definition, program.pragmas, reporter);
  }
  checkFeatures(types.definitions, reporter);
  return { ...makeModules(program.main, entities), entities: [...entities.values()] };
}

/** Structs come first, since unions look into them; apart from that, in schema order. */
function fillTypes(types: TypeTable, reporter: Reporter): void {
  for (const definition of types.definitions) {
    const draft = types.draftOf(definition);
    if (definition.kind === 'struct' && draft?.kind === 'struct') {
      resolveStruct(definition, draft, types, reporter);
    }
  }
  for (const definition of types.definitions) {
    const draft = types.draftOf(definition);
    if (definition.kind === 'union' && draft?.kind === 'union') {
      resolveUnion(definition, draft, types, reporter);
    } else if (definition.kind === 'alternate' && draft?.kind === 'alternate') {
      resolveAlternate(definition, draft, types, reporter);
    }
  }
}

function makeEntities(
  { pragmas, dialect }: CheckedProgram,
  types: TypeTable,
  reporter: Reporter,
): ReadonlyMap<Definition, Entity> {
  const scope = { types, reporter, pragmas, anyReturns: dialect === '2012' };
  const entities = new Map<Definition, Entity>();
  for (const definition of types.definitions) {
    if (definition.kind === 'command') entities.set(definition, resolveCommand(definition, scope));
    else if (definition.kind === 'event') entities.set(definition, resolveEvent(definition, scope));
    else {
      const draft = types.draftOf(definition);
      if (draft) entities.set(definition, draft);
    }
  }
  return entities;
}

function checkMembers(
  { definitions }: TypeTable,
  entities: ReadonlyMap<Definition, Entity>,
  reporter: Reporter,
): void {
  const objects = new Map<ObjectType, Definition>();
  for (const [definition, entity] of entities) {
    if (entity.kind === 'struct' || entity.kind === 'union') objects.set(entity, definition);
  }
  const unsound = checkContainment(objects, reporter);
  checkTotal(objects, unsound, reporter);
  const collisions = createCollisionCheck(reporter);
  for (const definition of definitions) {
    const entity = entities.get(definition);
    collisions.amongSiblings(definition, definition.features, 'feature');
    for (const part of partsOf(definition)) collisions.amongSiblings(definition, part.features, 'feature');
    if (definition.kind === 'enum') collisions.amongSiblings(definition, definition.values, 'value');
    else if (definition.kind === 'alternate')
      collisions.amongSiblings(definition, definition.branches, 'branch');
    else if (entity && (entity.kind === 'struct' || entity.kind === 'union')) {
      if (!unsound.has(entity)) collisions.inObject(definition, entity);
    } else if ('data' in definition && definition.data?.kind === 'members') {
      collisions.amongSiblings(definition, definition.data.members, 'parameter');
    }
  }
}

/** What is generated lists inherited members in each type: a small schema must not become more than memory holds. */
function checkTotal(
  objects: ReadonlyMap<ObjectType, Definition>,
  unsound: ReadonlySet<ObjectType>,
  reporter: Reporter,
): void {
  let total = 0;
  for (const [type, { context, nameSpan }] of objects) {
    if (unsound.has(type)) continue;
    const parts = type.kind === 'struct' ? lineageOf(type) : [type];
    for (const { members } of parts) total += members.length;
    if (total <= MAX_MEMBERS) continue;
    const message = `Maximum of ${MAX_MEMBERS} members is permitted, those of bases included`;
    fail({ reporter, context }, 'too-many-members', message, nameSpan);
    return;
  }
}

/** What of a definition can have features of its own, in the order of the text. */
function partsOf(definition: Definition): readonly { readonly features: readonly Feature[] }[] {
  switch (definition.kind) {
    case 'enum':
      return definition.values;
    case 'struct':
      return nested(definition.members);
    case 'union':
      return definition.flat?.base.kind === 'members' ? nested(definition.flat.base.members) : [];
    case 'alternate':
      return [];
    default:
      return definition.data?.kind === 'members' ? nested(definition.data.members) : [];
  }
}

/** Members with those of structs in place. */
function nested(members: readonly MemberDefinition[]): readonly MemberDefinition[] {
  return members.flatMap((member) =>
    member.type.kind === 'members' ? [member, ...nested(member.type.members)] : [member],
  );
}

function checkFeatures(definitions: readonly Definition[], reporter: Reporter): void {
  const names = new Set(SPECIAL_FEATURES);
  let full = false;
  for (const definition of definitions) {
    const { context, features, kind } = definition;
    for (const feature of features) {
      if (kind === 'command' || kind === 'event' || !SPECIAL_FEATURES.includes(feature.name)) continue;
      const message = `feature '${feature.name}' is not supported for types`;
      fail({ reporter, context }, 'feature-on-type', message, feature.span);
    }
    for (const feature of [features, ...partsOf(definition).map((part) => part.features)].flat()) {
      names.add(feature.name);
      if (names.size <= MAX_FEATURES || full) continue;
      full = true;
      const message = `Maximum of ${MAX_FEATURES} schema features is permitted`;
      fail({ reporter, context }, 'too-many-features', message, feature.span);
    }
  }
}

function makeModules(
  main: CheckedModule,
  entities: ReadonlyMap<Definition, Entity>,
): Pick<Schema, 'main' | 'modules'> {
  const modules: Module[] = [];
  const make = ({ name, items }: CheckedModule): Module => {
    const made: Draft<Module> & { readonly items: Module['items'][number][]; readonly includes: Module[] } = {
      name,
      items: [],
      includes: [],
    };
    let listed = false;
    const list = (): void => {
      if (!listed) modules.push(made);
      listed = true;
    };
    for (const item of items) {
      if (item.kind === 'inclusion') made.includes.push(make(item.module));
      else if (item.kind === 'doc') made.items.push(modelText(item));
      else {
        const entity = entities.get(item);
        if (entity) made.items.push(entity);
        list();
      }
    }
    list();
    return made;
  };
  return { main: make(main), modules };
}
