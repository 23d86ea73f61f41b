/** Resolves the arguments and return types of commands and the data of events (qemu-ga §10.4). */
import type { Command, Event, Payload, Type } from '../model.js';
import type { CommandDefinition, EventDefinition, TypeReference } from '../validate/definitions.js';
import { describeType, isObjectType, isUnknown } from './builtin-types.js';
import { allMembers } from './containment.js';
import { commonOf, type TypeTable } from './type-table.js';

export function resolveCommand(definition: CommandDefinition, types: TypeTable): Command {
  const { boxed, flags } = definition;
  const data = resolvePayload(definition, types);
  const returns = definition.returns && resolveReturns(definition, definition.returns, types);
  return {
    ...commonOf(definition),
    kind: 'command',
    boxed,
    ...flags,
    ...(data && { arguments: data }),
    ...(returns && { returns }),
  };
}

export function resolveEvent(definition: EventDefinition, types: TypeTable): Event {
  const data = resolvePayload(definition, types);
  return { ...commonOf(definition), kind: 'event', boxed: definition.boxed, ...(data && { data }) };
}

function resolvePayload(
  definition: CommandDefinition | EventDefinition,
  types: TypeTable,
): Payload | undefined {
  const { data, kind, boxed } = definition;
  if (!data) return undefined;
  const checkConditions = (members: readonly { readonly condition?: unknown }[]): void => {
    if (boxed || !members.some(({ condition }) => condition !== undefined)) return;
    const message = `conditional ${kind} arguments require 'boxed': true`;
    types.fail(definition, 'payload-conditional', message, data.span);
  };
  if (data.kind === 'members') {
    const members = types.members(definition, data.members, 'parameter');
    checkConditions(members);
    return members.length > 0 ? { kind: 'members', members } : undefined;
  }
  const type = types.find(definition, data, `${kind}'s 'data'`);
  if (!type) return undefined;
  if (!isObjectType(type)) {
    const message = `${kind}'s 'data' cannot take ${describeType(type)}`;
    return types.fail(definition, 'payload-type', message, data.span);
  }
  if (type.kind === 'union' && !boxed) {
    const message = `${kind}'s 'data' can take ${describeType(type)} only with 'boxed': true`;
    types.fail(definition, 'payload-union', message, data.span);
  } else {
    checkConditions(type.kind === 'struct' ? allMembers(type) : type.members);
  }
  return { kind: 'named', type };
}

/** In 2012 a command could return any type. */
function resolveReturns(definition: CommandDefinition, reference: TypeReference, types: TypeTable): Type {
  const { dialect, pragmas } = types.program;
  const type = types.resolve(definition, reference, "command's 'returns'");
  const element = type.kind === 'list' ? type.element : type;
  const excepted =
    dialect === '2012' || pragmas.exceptions['command-returns-exceptions'].has(definition.name);
  if (!excepted && element.kind !== 'struct' && element.kind !== 'union' && !isUnknown(type)) {
    const message = `command's 'returns' cannot take ${describeType(type)}`;
    types.fail(definition, 'returns-type', message, reference.span, { hint: HINT_RETURNS });
  }
  return type;
}

const HINT_RETURNS =
  "return a struct or union, or list the command in the pragma 'command-returns-exceptions'";
