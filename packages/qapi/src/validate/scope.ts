/**
 * Where the checks of one definition report, and the check that all of them share: an object's keys.
 */

import type { DiagnosticCode } from '../diagnostics/codes.js';
import type { DiagnosticContext, DiagnosticDetails, Reporter } from '../diagnostics/diagnostics.js';
import type { Pragmas } from '../load/pragma.js';
import type { Span } from '../source.js';
import type { Dialect } from '../syntax/dialect.js';
import type { ObjectNode } from '../syntax/tree.js';
import type { NameFault } from './names.js';

/** Where checks of one definition report, and what holds for it. */
export interface Scope {
  readonly reporter: Reporter;
  readonly dialect: Dialect;
  readonly pragmas: Pragmas;
  /** Absent as long as the definition has no name. */
  readonly context?: DiagnosticContext;
}

/** A reporter, and the definition that it is to name. */
interface ReportScope {
  readonly reporter: Reporter;
  readonly context?: DiagnosticContext | undefined;
}

/** Reports an error in a scope. */
export function fail(
  { reporter, context }: ReportScope,
  code: DiagnosticCode,
  message: string,
  span: Span,
  details: DiagnosticDetails = {},
): void {
  reporter.error(code, message, span, { context, ...details });
}

/** Reports a warning in a scope. */
export function warn(
  { reporter, context }: ReportScope,
  code: DiagnosticCode,
  message: string,
  span: Span,
  details: DiagnosticDetails = {},
): void {
  reporter.warning(code, message, span, { context, ...details });
}

/** Reports what is wrong with a name, if anything is. */
export function checkName(scope: Scope, fault: NameFault, span: Span): void {
  if (fault) fail(scope, fault.code, fault.message, span);
}

function quoted(names: Iterable<string>): string {
  return [...names]
    .sort()
    .map((name) => `'${name}'`)
    .join(', ');
}

/** Which keys an object must and may have. */
export interface Keys {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** Checks an object's keys; false if one is missing. `what` is the subject of the message. */
export function checkKeys(
  scope: Scope,
  object: ObjectNode,
  what: string,
  keys: Keys,
  hint?: string,
): boolean {
  const { required, optional } = keys;
  const { entries } = object;
  const missing = required.filter((key) => !entries.has(key));
  if (missing.length > 0) {
    const message = `${what} misses key${missing.length > 1 ? 's' : ''} ${quoted(missing)}`;
    fail(scope, 'keys-missing', message, opening(object), { hint });
  }
  const valid = new Set([...required, ...optional]);
  const unknown = [...entries].filter(([key]) => !valid.has(key));
  const [first] = unknown;
  if (first) {
    const names = quoted(unknown.map(([key]) => key));
    const message = `${what} has unknown key${unknown.length > 1 ? 's' : ''} ${names}\nValid keys are ${quoted(valid)}.`;
    fail(scope, 'keys-unknown', message, first[1].key.span, { hint });
  }
  return missing.length === 0;
}

/** The place of an object as a whole: its brace. */
function opening({ span }: ObjectNode): Span {
  return { ...span, end: span.start + 1 };
}
