/** Declarations of commands and events, and their tables. */
import type { Command, Entity, Event, Payload } from '../../model.js';
import { type Document, group, indent, join, line, softLine } from '../printer/document.js';
import { getter, object, property, propertyName, quoted } from '../printer/literals.js';
import { payloadOf } from '../references.js';
import { comment, definitionComment, payloadComment } from './comments.js';
import { descriptorLiteral, descriptorProperty, featuresProperty, structLiteral } from './descriptors.js';
import type { Scope } from './scope.js';
import { ANYTHING_ELSE, block, isEmpty, memberLines, typeExpression } from './types.js';

/** Returns the declarations of a command or event: its descriptor, and an interface for members in place. */
export function callDeclarations(scope: Scope, entity: Command | Event): Document[] {
  const name = scope.plan.nameOf(entity);
  const payload = presentPayload(scope, entity);
  const taken = describePayload(scope, entity, payload);
  const returned = entity.kind === 'command' && entity.returns;
  const types = [taken.type, returned ? typeExpression(scope, returned) : 'void'];
  const descriptor: Document = [
    definitionComment(scope, entity),
    group([
      `export const ${name}: `,
      scope.runtimeType(entity.kind === 'command' ? 'CommandDescriptor' : 'EventDescriptor'),
      '<',
      indent([softLine, join(entity.kind === 'command' ? types : [taken.type], [',', line])]),
      softLine,
      '>',
    ]),
    ' = ',
    object([property('kind', quoted(entity.kind)), ...properties(scope, entity, taken.properties)], true),
    ';',
  ];
  if (payload?.kind !== 'members') return [descriptor];
  const lines = memberLines(scope, entity, payload.members);
  const payloadInterface: Document = [
    payloadComment(scope, entity),
    `export interface ${scope.plan.payloadNameOf(entity) ?? ''} `,
    block(isLoose(entity) ? [...lines, ANYTHING_ELSE] : lines),
  ];
  return [payloadInterface, descriptor];
}

/** A command with `'gen': false` takes more than its schema describes. */
function isLoose(entity: Command | Event): boolean {
  return entity.kind === 'command' && !entity.gen;
}

/** Members in place are absent if none of them is selected. */
function presentPayload(scope: Scope, entity: Command | Event): Payload | undefined {
  const payload = payloadOf(entity);
  if (payload?.kind !== 'members' || isLoose(entity)) return payload;
  return scope.plan.selection.of(payload.members).length > 0 ? payload : undefined;
}

interface PayloadParts {
  readonly type: Document;
  /** The property of the descriptor; empty without a payload. */
  readonly properties: readonly Document[];
}

/** The type of a loose command's arguments differs from the named type, so it has a separate descriptor. */
function describePayload(scope: Scope, entity: Command | Event, payload: Payload | undefined): PayloadParts {
  if (payload === undefined) return { type: 'void', properties: [] };
  const name = entity.kind === 'command' ? 'arguments' : 'data';
  if (payload.kind === 'members') {
    const descriptor = structLiteral(scope, entity.name, payload.members, true);
    return { type: scope.plan.payloadNameOf(entity) ?? 'void', properties: [property(name, descriptor)] };
  }
  const type = scope.type(payload.type);
  if (!isLoose(entity)) return { type, properties: [descriptorProperty(scope, name, payload.type)] };
  const anything = '{ readonly [name: string]: unknown }';
  return {
    type: isEmpty(payload.type, scope.plan.selection) ? anything : [type, ` & ${anything}`],
    properties: [property(name, descriptorLiteral(scope, payload.type))],
  };
}

const FLAGS = ['allowOob', 'allowPreconfig', 'coroutine'] as const;

function properties(scope: Scope, entity: Command | Event, payload: readonly Document[]): Document[] {
  const common = [
    ...featuresProperty(scope, entity.features),
    ...(entity.doc?.since === undefined ? [] : [property('since', quoted(entity.doc.since))]),
  ];
  const name = property('name', quoted(entity.name));
  if (entity.kind === 'event') return [name, ...payload, ...common];
  return [
    name,
    ...payload,
    ...(entity.returns ? [descriptorProperty(scope, 'returns', entity.returns)] : []),
    property('successResponse', String(entity.successResponse)),
    ...(entity.gen ? [] : [property('gen', 'false')]),
    ...FLAGS.filter((flag) => entity[flag]).map((flag) => property(flag, 'true')),
    ...common,
  ];
}

export type TableName = 'commands' | 'events';

function ofKind(entities: readonly Entity[], table: TableName): readonly Entity[] {
  return entities.filter(({ kind }) => `${kind}s` === table);
}

/** Returns the table of one module; nothing if it would be empty. */
export function moduleTable(scope: Scope, table: TableName): Document[] {
  const entities = ofKind(scope.planned.entities, table);
  if (entities.length === 0) return [];
  const head = comment([`The ${table} of this module, in schema order.`]);
  return [[head, `export const ${scope.planned[table]}: `, listing(scope, entities), ';']];
}

/** Returns the table of all modules, in schema order: the module tables spread, if that gives the same order. */
export function schemaTable(scope: Scope, table: TableName): Document {
  const { plan } = scope;
  const ordered = ofKind(plan.selection.of(plan.schema.entities), table);
  const head = [comment([`All ${table}, in schema order.`]), `export const ${table}: `];
  if (ordered.length === 0)
    return [head, scope.runtimeType(table === 'commands' ? 'CommandTable' : 'EventTable'), ' = {};'];
  const homes = [...new Set(ordered.map((entity) => plan.fileOf(entity)))];
  const inSequence = homes.flatMap((file) => ofKind(file.entities, table));
  const loaded = homes.every((file) => file === scope.planned || plan.loadsBefore(file, scope.planned));
  if (!loaded || inSequence.some((entity, index) => entity !== ordered[index])) {
    return [head, listing(scope, ordered), ';'];
  }
  const names = homes.map((file) => scope.from(file, file[table]));
  const [first = '', ...rest] = names.map((name) => ['typeof ', name]);
  const type = group([first, indent(rest.map((name) => [' &', line, name]))]);
  const spread = names.map((name) => ['...', name]);
  return [head, type, ' = ', rest.length === 0 ? names : object(spread, true), ';'];
}

/** A descriptor whose module may not have run yet is a getter. */
function listing(scope: Scope, entities: readonly Entity[]): Document {
  const types = entities.map((entity) => [
    `readonly ${propertyName(entity.name)}: typeof `,
    scope.value(entity),
    ';',
  ]);
  const values = entities.map((entity) => {
    const value = scope.value(entity);
    if (value === entity.name) return value;
    return scope.ready(entity) ? property(entity.name, value) : getter(entity.name, value);
  });
  return [block(types), ' = ', object(values, true)];
}
