/** Commands and events, and the tables of them. */
import type { Command, Entity, Event, Payload } from '../../model.js';
import { type Document, group, hardLine, indent, join, line, softLine } from '../printer/document.js';
import { array, getter, object, property, propertyName, quoted } from '../printer/literals.js';
import { comment, definitionComment, payloadComment } from './comments.js';
import { descriptorLiteral, descriptorProperty, memberDescriptors } from './descriptors.js';
import type { PlannedFile } from './plan.js';
import type { Scope } from './scope.js';
import { ANYTHING_ELSE, block, isEmpty, memberLines, typeExpression } from './types.js';

/** The declarations of a command or event: an interface for what is written in place, and the descriptor. */
export function callDeclarations(scope: Scope, entity: Command | Event): Document[] {
  const payload = entity.kind === 'command' ? entity.arguments : entity.data;
  const loose = entity.kind === 'command' && !entity.gen;
  const present = payload && isPresent(scope, payload, loose) ? payload : undefined;
  const payloadName = scope.plan.payloadNameOf(entity) ?? '';
  const name = scope.plan.nameOf(entity);
  const descriptor: Document = [
    definitionComment(scope, entity),
    group([
      `export const ${name}: `,
      scope.runtimeType(entity.kind === 'command' ? 'CommandDescriptor' : 'EventDescriptor'),
      '<',
      indent([softLine, join(typeArguments(scope, entity, present, loose), [',', line])]),
      softLine,
      '>',
    ]),
    ' = ',
    object([property('kind', quoted(entity.kind)), ...properties(scope, entity, present)], true),
    ';',
  ];
  if (present?.kind !== 'members') return [descriptor];
  const lines = memberLines(scope, entity, present.members);
  const payloadType: Document = [
    payloadComment(scope, entity),
    `export interface ${payloadName} `,
    block(loose ? [...lines, ANYTHING_ELSE] : lines),
  ];
  return [payloadType, descriptor];
}

/** Members in place of which none is selected are nothing. */
function isPresent(scope: Scope, payload: Payload, loose: boolean): boolean {
  return payload.kind === 'named' || loose || scope.plan.selection.of(payload.members).length > 0;
}

function typeArguments(
  scope: Scope,
  entity: Command | Event,
  payload: Payload | undefined,
  loose: boolean,
): Document[] {
  const taken = payload === undefined ? 'void' : payloadType(scope, entity, payload, loose);
  if (entity.kind === 'event') return [taken];
  return [taken, entity.returns ? typeExpression(scope, entity.returns) : 'void'];
}

function payloadType(scope: Scope, entity: Command | Event, payload: Payload, loose: boolean): Document {
  if (payload.kind === 'members') return scope.plan.payloadNameOf(entity) ?? 'void';
  if (!loose) return scope.type(payload.type);
  const anything = '{ readonly [name: string]: unknown }';
  return isEmpty(payload.type, scope.plan.selection)
    ? anything
    : [scope.type(payload.type), ` & ${anything}`];
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

function payloadProperty(
  scope: Scope,
  name: string,
  entity: Command | Event,
  payload: Payload | undefined,
): Document[] {
  if (payload === undefined) return [];
  if (payload.kind === 'named') {
    // What takes more than its type says has a type of its own, and so a descriptor of its own.
    const loose = entity.kind === 'command' && !entity.gen;
    if (loose) return [property(name, descriptorLiteral(scope, payload.type))];
    return [descriptorProperty(scope, name, payload.type)];
  }
  const struct = object(
    [
      property('kind', "'struct'"),
      property('name', quoted(entity.name)),
      property('members', memberDescriptors(scope, scope.plan.selection.of(payload.members))),
    ],
    true,
  );
  return [property(name, struct)];
}

/** The two kinds of tables. */
const TABLES = {
  commands: { kind: 'command', type: 'CommandTable' },
  events: { kind: 'event', type: 'EventTable' },
} as const;

/** A kind of table. */
export type TableName = keyof typeof TABLES;

function ofKind(entities: readonly Entity[], table: TableName): readonly Entity[] {
  return entities.filter(({ kind }) => kind === TABLES[table].kind);
}

/** The table of one module; nothing if it has no commands (or events). */
export function moduleTable(scope: Scope, table: TableName): Document[] {
  const entities = ofKind(scope.planned.entities, table);
  if (entities.length === 0) return [];
  return [
    [
      comment([`The ${table} of this module, in schema order.`]),
      `export const ${scope.planned[table]}: `,
      listing(scope, entities),
      ';',
    ],
  ];
}

/** The table of all modules, in schema order. */
export function schemaTable(scope: Scope, table: TableName): Document {
  const { plan } = scope;
  const ordered = ofKind(plan.selection.of(plan.schema.entities), table);
  const head = [comment([`All ${table}, in schema order.`]), `export const ${table}: `];
  if (ordered.length === 0) return [head, scope.runtimeType(TABLES[table].type), ' = {};'];
  const homes = [...new Set(ordered.map((entity) => plan.fileOf(entity)))];
  const inSequence = homes.flatMap((file) => ofKind(file.entities, table));
  const whole = homes.every((file) => file === scope.planned || plan.loadsBefore(file, scope.planned));
  if (!whole || inSequence.some((entity, index) => entity !== ordered[index])) {
    return [head, listing(scope, ordered), ';'];
  }
  const names = homes.map((file: PlannedFile) => scope.from(file, file[table]));
  const [first = '', ...rest] = names.map((name) => ['typeof ', name] as const);
  const type = group([first, indent(rest.map((name) => [' &', line, name]))]);
  if (rest.length === 0) return [head, type, ' = ', names, ';'];
  return [
    head,
    type,
    ' = ',
    object(
      names.map((name) => ['...', name]),
      true,
    ),
    ';',
  ];
}

/** Entry by entry; one whose module may not have run yet is looked up when asked for. */
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
  return ['{', indent([hardLine, join(types, hardLine)]), hardLine, '} = ', object(values, true)];
}
