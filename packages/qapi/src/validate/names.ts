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

const CAMEL_CASE = /^[A-Z][A-Za-z0-9]*$/;

/** Returns the C identifier that QEMU derives from a name. Names with equal identifiers collide. */
export function identifierOf(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, '_');
}

function invalid(what: string): NameFault {
  return { code: 'name-invalid', message: `${what} has an invalid name` };
}

function stemOf(name: string): string | undefined {
  return identifierOf(name).startsWith('q_') ? undefined : NAME.exec(name)?.[1];
}

/** Checks the name of a command, member, enum value, feature or branch of an alternate. */
export function checkLowerName(name: string, what: string, permission: CasePermission = {}): NameFault {
  const stem = stemOf(name);
  if (stem === undefined) return invalid(what);
  if ((!permission.upper && /[A-Z]/.test(stem)) || (!permission.underscore && stem.includes('_'))) {
    return { code: 'name-case', message: `name of ${what} must not use uppercase or '_'` };
  }
  return undefined;
}

/** Checks an enum value, which may begin with a digit. */
export function checkValueName(name: string, what: string, permission?: CasePermission): NameFault {
  return checkLowerName(/^\d/.test(name) ? `d${name}` : name, what, permission);
}

/** Checks the name of a member; the generated C code reserves some names. */
export function checkMemberName(name: string, what: string, permission?: CasePermission): NameFault {
  const fault = checkLowerName(name, what, permission);
  if (fault) return fault;
  const identifier = identifierOf(name);
  if (identifier === 'u' || identifier.startsWith('has_')) {
    return { code: 'name-reserved', message: `${what} uses reserved name` };
  }
  return undefined;
}

/** Checks the name of an event. */
export function checkEventName(name: string, what: string): NameFault {
  const stem = stemOf(name);
  if (stem === undefined) return invalid(what);
  if (/[a-z-]/.test(stem)) {
    return { code: 'name-case', message: `name of ${what} must not use lowercase or '-'` };
  }
  return undefined;
}

/** Checks the name of a type. */
export function checkTypeName(name: string, what: string): NameFault {
  const stem = stemOf(name);
  if (stem === undefined) return invalid(what);
  if (!CAMEL_CASE.test(stem) || !/[a-z]/.test(stem)) {
    return { code: 'name-camel-case', message: `name of ${what} must use CamelCase` };
  }
  if (name.endsWith('List')) {
    return { code: 'name-ends-in-list', message: `${what} name should not end in 'List'` };
  }
  return undefined;
}
