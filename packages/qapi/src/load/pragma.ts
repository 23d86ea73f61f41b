/** Pragmas, which apply to the whole schema (qemu-ga §10.3). */
import type { Reporter } from '../diagnostics/diagnostics.js';
import type { Dialect } from '../source.js';
import type { EntryNode } from '../syntax/tree.js';

export type Pragmas = ReturnType<typeof pragmasWith>;

/** Names, or all names. */
type Exceptions = Pick<ReadonlySet<string>, 'has'>;

function pragmasWith(exceptions: Exceptions) {
  return {
    docRequired: false,
    exceptions: {
      'command-name-exceptions': exceptions,
      'command-returns-exceptions': exceptions,
      'documentation-exceptions': exceptions,
      'member-name-exceptions': exceptions,
    },
  };
}

/** Returns the values in a schema without pragmas. */
export function initialPragmas(): Pragmas {
  return pragmasWith(new Set<string>());
}

/** Returns the values for a schema without one of its files, whose pragmas may except any name. */
export function permissivePragmas(): Pragmas {
  return pragmasWith({ has: () => true });
}

/** The names of pragmas in QEMU 2.9 to 5.2. */
const FORMER_NAMES: ReadonlyMap<string, string> = new Map([
  ['returns-whitelist', 'command-returns-exceptions'],
  ['name-case-whitelist', 'member-name-exceptions'],
]);

/** Applies one pragma. A later list replaces an earlier one. */
export function applyPragma(
  pragmas: Pragmas,
  { key, value }: EntryNode,
  dialect: Dialect,
  reporter: Reporter,
): void {
  const renamed = FORMER_NAMES.get(key.value);
  const name = (dialect === 'modern' ? undefined : renamed) ?? key.value;
  if (name === 'doc-required') {
    if (value.kind === 'boolean') pragmas.docRequired = value.value;
    else reporter.error('pragma-not-boolean', "pragma 'doc-required' must be boolean", value.span);
  } else if (isExceptionList(name, pragmas)) {
    const names = value.kind === 'list' ? value.items : undefined;
    const strings = names?.flatMap((item) => (item.kind === 'string' ? [item.value] : []));
    if (strings && strings.length === names?.length) pragmas.exceptions[name] = new Set(strings);
    else reporter.error('pragma-not-strings', `pragma ${name} must be a list of strings`, value.span);
  } else {
    const hint = renamed === undefined ? undefined : `write '${renamed}', its name since QEMU 6.0`;
    reporter.error('pragma-unknown', `unknown pragma '${name}'`, key.span, { hint });
  }
}

function isExceptionList(name: string, { exceptions }: Pragmas): name is keyof Pragmas['exceptions'] {
  return Object.hasOwn(exceptions, name);
}
