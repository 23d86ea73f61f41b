/** The scope of the checks of one definition, and the checks that all kinds share. */
import type { DiagnosticContext, Reporter } from '../diagnostics/diagnostics.js';
import { suggestion } from '../diagnostics/suggest.js';
import type { Pragmas } from '../load/pragma.js';
import type { Dialect, Span } from '../source.js';
import type { EntryNode, ObjectNode } from '../syntax/tree.js';
import type { CasePermission, NameFault } from './names.js';

export interface Scope {
  readonly reporter: Reporter;
  readonly dialect: Dialect;
  readonly pragmas: Pragmas;
  /** Absent until the name of the definition is known. */
  readonly context?: DiagnosticContext;
  /** The case rules that the names of members may break. */
  readonly memberCase?: CasePermission;
}

export type Entries = ReadonlyMap<string, EntryNode>;

type ReportScope = { readonly reporter: Reporter; readonly context?: DiagnosticContext | undefined };
type ReportArguments = Parameters<Reporter['error']>;

export function fail(
  { reporter, context }: ReportScope,
  ...[code, message, span, details]: ReportArguments
): undefined {
  reporter.error(code, message, span, { context, ...details });
}

export function warn({ reporter, context }: ReportScope, ...[code, message, span, details]: ReportArguments) {
  reporter.warning(code, message, span, { context, ...details });
}

/** Reports the fault of a name, if it has one. */
export function checkName(scope: Scope, fault: NameFault, span: Span): void {
  if (fault) fail(scope, fault.code, fault.message, span);
}

function quoted(names: Iterable<string>): string {
  return [...names]
    .sort()
    .map((name) => `'${name}'`)
    .join(', ');
}

export interface Keys {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

function hasOnly(entries: Entries, required: readonly string[], optional: readonly string[]): boolean {
  if (entries.size === required.length) return true;
  let known = required.length;
  for (const key of optional) if (entries.has(key)) known += 1;
  return known === entries.size;
}

/** Checks the keys of an object. Returns false if one is missing. `what` is the subject of the message. */
export function checkKeys(
  scope: Scope,
  { entries, span }: ObjectNode,
  what: string,
  { required, optional }: Keys,
  hint?: string,
): boolean {
  const missing = required.filter((key) => !entries.has(key));
  if (missing.length === 0 && hasOnly(entries, required, optional)) return true;
  if (missing.length > 0) {
    const message = `${what} misses key${missing.length > 1 ? 's' : ''} ${quoted(missing)}`;
    fail(scope, 'keys-missing', message, { ...span, end: span.start + 1 }, { hint });
  }
  const valid = new Set([...required, ...optional]);
  const unknown = [...entries].filter(([key]) => !valid.has(key));
  const [first] = unknown;
  if (first) {
    const names = quoted(unknown.map(([key]) => key));
    const message = `${what} has unknown key${unknown.length > 1 ? 's' : ''} ${names}\nValid keys are ${quoted(valid)}.`;
    const unused = [...valid].filter((key) => !entries.has(key));
    fail(scope, 'keys-unknown', message, first[1].key.span, { hint: hint ?? suggestion(first[0], unused) });
  }
  return missing.length === 0;
}
