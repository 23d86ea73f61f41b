/** Rules for names (qemu-ga §10.5). */
import type { DiagnosticCode } from '../diagnostics/codes.js';

/** An error of a name; undefined if it is valid. */
export type NameFault = { readonly code: DiagnosticCode; readonly message: string } | undefined;

/** The rules that a lower-case name may break. */
export interface CasePermission {
  /** Dots, in enum values of QEMU 1.1 to 2.5. */
  readonly dots?: boolean;
  readonly upper?: boolean;
  readonly underscore?: boolean;
}

/** `__RFQDN_` and `x-`, both optional, and the stem. */
const NAME = /^(?:__[a-z0-9.-]+_)?(?:x-)?([a-z][a-z0-9_-]*)$/i;

const CAMEL_CASE = /^[A-Z][A-Z0-9]*[a-z][A-Za-z0-9]*$/;

/** Returns the C identifier that QEMU derives from a name. Names with equal identifiers collide. */
export function identifierOf(name: string): string {
  return PLAIN_IDENTIFIER.test(name) ? name : name.replaceAll(/[^A-Za-z0-9_]/g, '_');
}

const PLAIN_IDENTIFIER = /^\w*$/;

/** A name whose C identifier begins with `q_`. */
const Q_PREFIX = /^q(?:_|[^A-Za-z0-9])/;

/** A name whose C identifier is reserved in a struct. */
const RESERVED = /^(?:u$|has(?:_|[^A-Za-z0-9]))/;

/** Lower-case names without any fault, except for {@link Q_PREFIX}. */
const PLAIN_LOWER_NAME = /^[a-z][a-z0-9-]*$/;

/** Returns a name without its prefixes; undefined if it is invalid. */
function stemOf(name: string): string | undefined {
  return Q_PREFIX.test(name) ? undefined : NAME.exec(name)?.[1];
}

function invalid(what: string): NameFault {
  return { code: 'name-invalid', message: `${what} has an invalid name` };
}

/** Checks the name of a command, member, enum value, feature or branch of an alternate. */
export function checkLowerName(name: string, what: string, permission: CasePermission = {}): NameFault {
  if (PLAIN_LOWER_NAME.test(name) && !Q_PREFIX.test(name)) return undefined;
  const stem = stemOf(name);
  if (stem === undefined) return invalid(what);
  const { upper, underscore } = permission;
  const wrong = (!upper && /[A-Z]/.test(stem)) || (!underscore && stem.includes('_'));
  return wrong ? { code: 'name-case', message: `name of ${what} must not use uppercase or '_'` } : undefined;
}

/** Checks an enum value, which may begin with a digit. */
export function checkValueName(name: string, what: string, permission?: CasePermission): NameFault {
  const undotted = permission?.dots ? name.replaceAll('.', '-') : name;
  return checkLowerName(/^\d/.test(name) ? `d${undotted}` : undotted, what, permission);
}

/** Checks the name of a member; the generated C code reserves some names. */
export function checkMemberName(name: string, what: string, permission?: CasePermission): NameFault {
  const fault = checkLowerName(name, what, permission);
  if (fault) return fault;
  return RESERVED.test(name) ? { code: 'name-reserved', message: `${what} uses reserved name` } : undefined;
}

export function checkEventName(name: string, what: string): NameFault {
  const stem = stemOf(name);
  if (stem === undefined) return invalid(what);
  if (!/[a-z-]/.test(stem)) return undefined;
  return { code: 'name-case', message: `name of ${what} must not use lowercase or '-'` };
}

export function checkTypeName(name: string, what: string): NameFault {
  const stem = stemOf(name);
  if (stem === undefined) return invalid(what);
  if (!CAMEL_CASE.test(stem))
    return { code: 'name-camel-case', message: `name of ${what} must use CamelCase` };
  if (!name.endsWith('List')) return undefined;
  return { code: 'name-ends-in-list', message: `${what} name should not end in 'List'` };
}
