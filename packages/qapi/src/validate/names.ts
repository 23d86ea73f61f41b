/** Rules for names (qemu-ga §10.5). */
import type { DiagnosticCode } from '../diagnostics/codes.js';

/** An error of a name; undefined if it is valid. */
export type NameFault = { readonly code: DiagnosticCode; readonly message: string } | undefined;

/** The case rules that a lower-case name may break. */
export interface CasePermission {
  readonly upper?: boolean;
  readonly underscore?: boolean;
}

/** `__RFQDN_` and `x-`, both optional, and the stem. */
const NAME = /^(?:__[a-z0-9.-]+_)?(?:x-)?([a-z][a-z0-9_-]*)$/i;

const CAMEL_CASE = /^[A-Z][A-Z0-9]*[a-z][A-Za-z0-9]*$/;

/** Returns the C identifier that QEMU derives from a name. Names with equal identifiers collide. */
export function identifierOf(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, '_');
}

/** Returns the first fault of a name: an invalid stem, or the first rule whose test is true. */
function firstFault(
  name: string,
  what: string,
  ...rules: readonly [test: (stem: string) => boolean, code: DiagnosticCode, message: string][]
): NameFault {
  const stem = identifierOf(name).startsWith('q_') ? undefined : NAME.exec(name)?.[1];
  if (stem === undefined) return { code: 'name-invalid', message: `${what} has an invalid name` };
  const [, code, message] = rules.find(([test]) => test(stem)) ?? [];
  return code && message ? { code, message } : undefined;
}

/** Checks the name of a command, member, enum value, feature or branch of an alternate. */
export function checkLowerName(name: string, what: string, permission: CasePermission = {}): NameFault {
  const { upper, underscore } = permission;
  const wrong = (stem: string) => (!upper && /[A-Z]/.test(stem)) || (!underscore && stem.includes('_'));
  return firstFault(name, what, [wrong, 'name-case', `name of ${what} must not use uppercase or '_'`]);
}

/** Checks an enum value, which may begin with a digit. */
export function checkValueName(name: string, what: string, permission?: CasePermission): NameFault {
  return checkLowerName(/^\d/.test(name) ? `d${name}` : name, what, permission);
}

/** Checks the name of a member; the generated C code reserves some names. */
export function checkMemberName(name: string, what: string, permission?: CasePermission): NameFault {
  const fault = checkLowerName(name, what, permission);
  if (fault) return fault;
  const reserved = /^(?:u$|has_)/.test(identifierOf(name));
  return reserved ? { code: 'name-reserved', message: `${what} uses reserved name` } : undefined;
}

export function checkEventName(name: string, what: string): NameFault {
  const wrong = (stem: string) => /[a-z-]/.test(stem);
  return firstFault(name, what, [wrong, 'name-case', `name of ${what} must not use lowercase or '-'`]);
}

export function checkTypeName(name: string, what: string): NameFault {
  return firstFault(
    name,
    what,
    [(stem) => !CAMEL_CASE.test(stem), 'name-camel-case', `name of ${what} must use CamelCase`],
    [() => name.endsWith('List'), 'name-ends-in-list', `${what} name should not end in 'List'`],
  );
}
