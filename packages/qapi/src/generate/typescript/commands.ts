/** Declarations of commands and events, and their tables. */
import type { Command, Entity, Event, Payload } from '../../model.js';
import { type Document, group, indent, join, line, softLine } from '../printer/document.js';
import { array, getter, object, property, propertyName, quoted } from '../printer/literals.js';
import { comment, definitionComment, payloadComment } from './comments.js';
import { descriptorLiteral, descriptorProperty, structLiteral } from './descriptors.js';
import type { Scope } from './scope.js';
import { ANYTHING_ELSE, block, isEmpty, memberLines, typeExpression } from './types.js';

/** Returns the declarations of a command or event: its descriptor, and an interface for members in place. */
export function callDeclarations(scope: Scope, entity: Command | Event): Document[] {
  const name = scope.plan.nameOf(entity);
  const payload = presentPayload(scope, entity);
  const descriptor: Document = [
    definitionComment(scope, entity),
    group([
      `export const ${name}: `,
      scope.runtimeType(entity.kind === 'command' ? 'CommandDescriptor' : 'EventDescriptor'),
      '<',
      indent([softLine, join(typeArguments(scope, entity, payload), [',', line])]),
      softLine,
      '>',
    ]),
    ' = ',
    object([property('kind', quoted(entity.kind)), ...properties(scope, entity, payload)], true),
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
  const payload = entity.kind === 'command' ? entity.arguments : entity.data;
  if (payload?.kind !== 'members' || isLoose(entity)) return payload;
  return scope.plan.selection.of(payload.members).length > 0 ? payload : undefined;
}

function typeArguments(scope: Scope, entity: Command | Event, payload: Payload | undefined): Document[] {
  const taken = payload === undefined ? 'void' : payloadType(scope, entity, payload);
  if (entity.kind === 'event') return [taken];
  return [taken, entity.returns ? typeExpression(scope, entity.returns) : 'void'];
}

function payloadType(scope: Scope, entity: Command | Event, payload: Payload): Document {
  if (payload.kind === 'members') return scope.plan.payloadNameOf(entity) ?? 'void';
  if (!isLoose(entity)) return scope.type(payload.type);
  const anything = '{ readonly [name: string]: unknown }';
  const empty = isEmpty(payload.type, scope.plan.selection);
  return empty ? anything : [scope.type(payload.type), ` & ${anything}`];
}

function properties(scope: Scope, entity: Command | Event, payload: Payload | undefined): Document[] {
  const features = scope.plan.selection.of(entity.features).map(({ name }) => quoted(name));
  const common = [
    ...(features.length > 0 ? [property('features', array(features))] : []),
    ...(entity.doc?.since === undefined ? [] : [property('since', quoted(entity.doc.since))]),
  ];
  const name = property('name', quoted(entity.name));
  if (entity.kind === 'event') return [name, ...payloadProperty(scope, 'data', entity, payload), ...common];
  const flag = (what: string, set: boolean) => (set ? [property(what, 'true')] : []);
  return [
    name,
    ...payloadProperty(scope, 'arguments', entity, payload),
    ...(entity.returns ? [descriptorProperty(scope, 'returns', entity.returns)] : []),
    property('successResponse', String(entity.successResponse)),
    ...(entity.gen ? [] : [property('gen', 'false')]),
    ...flag('allowOob', entity.allowOob),
    ...flag('allowPreconfig', entity.allowPreconfig),
    ...flag('coroutine', entity.coroutine),
    ...common,
  ];
}

/** The type of a loose command's arguments differs from the named type, so it has a separate descriptor. */
function payloadProperty(
  scope: Scope,
  name: string,
  entity: Command | Event,
  payload: Payload | undefined,
): Document[] {
  if (payload === undefined) return [];
  if (payload.kind === 'members')
    return [property(name, structLiteral(scope, entity.name, payload.members, true))];
  if (isLoose(entity)) return [property(name, descriptorLiteral(scope, payload.type))];
  return [descriptorProperty(scope, name, payload.type)];
}

const TABLES = {
  commands: { kind: 'command', type: 'CommandTable' },
  events: { kind: 'event', type: 'EventTable' },
} as const;

/** The name of a kind of table. */
export type TableName = keyof typeof TABLES;

function ofKind(entities: readonly Entity[], table: TableName): readonly Entity[] {
  return entities.filter(({ kind }) => kind === TABLES[table].kind);
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
  if (ordered.length === 0) return [head, scope.runtimeType(TABLES[table].type), ' = {};'];
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
