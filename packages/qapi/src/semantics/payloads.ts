/**
 * Commands and events: what they take and return (qemu-ga §10.4).
 */

import type { Reporter } from '../diagnostics/diagnostics.js';
import type { Pragmas } from '../load/pragma.js';
import type { Command, Event, Payload } from '../model.js';
import type { CommandDefinition, EventDefinition } from '../validate/definitions.js';
import { fail } from '../validate/scope.js';
import { describeType, isObjectType, isUnknown } from './builtin-types.js';
import { allMembers } from './containment.js';
import { commonOf, type TypeTable } from './type-table.js';

/** What checks of payloads need. */
export interface PayloadScope {
  readonly types: TypeTable;
  readonly reporter: Reporter;
  readonly pragmas: Pragmas;
  /** True in the dialect of 2012, where a command could return anything. */
  readonly anyReturns: boolean;
}

/** A command of the model. */
export function resolveCommand(definition: CommandDefinition, scope: PayloadScope): Command {
  const { boxed, gen, successResponse, allowOob, allowPreconfig, coroutine } = definition;
  const data = resolvePayload(definition, scope);
  const returns = definition.returns && resolveReturns(definition, definition.returns, scope);
  return {
    ...commonOf(definition),
    kind: 'command',
    boxed,
    gen,
    successResponse,
    allowOob,
    allowPreconfig,
    coroutine,
    ...(data && { arguments: data }),
    ...(returns && { returns }),
  };
}

/** An event of the model. */
export function resolveEvent(definition: EventDefinition, scope: PayloadScope): Event {
  const data = resolvePayload(definition, scope);
  return { ...commonOf(definition), kind: 'event', boxed: definition.boxed, ...(data && { data }) };
}

function resolvePayload(
  definition: CommandDefinition | EventDefinition,
  { types, reporter }: PayloadScope,
): Payload | undefined {
  const { data, kind, boxed, context } = definition;
  if (!data) return undefined;
  const conditional = (members: readonly { readonly condition?: unknown }[]): void => {
    if (boxed || !members.some(({ condition }) => condition !== undefined)) return;
    const message = `conditional ${kind} arguments require 'boxed': true`;
    fail({ reporter, context }, 'payload-conditional', message, data.span);
  };
  if (data.kind === 'members') {
    const members = types.members(definition, data.members, 'parameter');
    conditional(members);
    return members.length > 0 ? { kind: 'members', members } : undefined;
  }
  const type = types.find(definition, data, `${kind}'s 'data'`);
  if (!type) return undefined;
  if (!isObjectType(type)) {
    const message = `${kind}'s 'data' cannot take ${describeType(type)}`;
    fail({ reporter, context }, 'payload-type', message, data.span);
    return undefined;
  }
  if (type.kind === 'union' && !boxed) {
    const message = `${kind}'s 'data' can take ${describeType(type)} only with 'boxed': true`;
    fail({ reporter, context }, 'payload-union', message, data.span);
  } else {
    conditional(type.kind === 'struct' ? allMembers(type) : type.members);
  }
  return { kind: 'named', type };
}

function resolveReturns(
  definition: CommandDefinition,
  reference: NonNullable<CommandDefinition['returns']>,
  { types, reporter, pragmas, anyReturns }: PayloadScope,
) {
  const type = types.resolve(definition, reference, "command's 'returns'");
  const excepted = anyReturns || pragmas.exceptions['command-returns-exceptions'].has(definition.name);
  const element = type.kind === 'list' ? type.element : type;
  const isObject = element.kind === 'struct' || element.kind === 'union';
  if (!excepted && !isObject && !isUnknown(type)) {
    const message = `command's 'returns' cannot take ${describeType(type)}`;
    fail({ reporter, context: definition.context }, 'returns-type', message, reference.span, {
      hint: HINT_RETURNS,
    });
  }
  return type;
}

const HINT_RETURNS =
  "return a struct or union, or list the command in the pragma 'command-returns-exceptions'; 2012 took any type: --dialect 2012";
