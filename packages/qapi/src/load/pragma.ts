/** Pragmas, which apply to the whole schema (qemu-ga §10.3). */
import type { Reporter } from '../diagnostics/diagnostics.js';
import type { EntryNode } from '../syntax/tree.js';

export type Pragmas = ReturnType<typeof noPragmas>;

/** Returns the values in a schema without pragmas. */
export function noPragmas() {
  const none: ReadonlySet<string> = new Set();
  return {
    docRequired: false,
    exceptions: {
      'command-name-exceptions': none,
      'command-returns-exceptions': none,
      'documentation-exceptions': none,
      'member-name-exceptions': none,
    },
  };
}
/** Applies one pragma. A later list replaces an earlier one. */
export function applyPragma(pragmas: Pragmas, { key, value }: EntryNode, reporter: Reporter): void {
  const name = key.value;
  if (name === 'doc-required') {
    if (value.kind === 'boolean') pragmas.docRequired = value.value;
    else reporter.error('pragma-not-boolean', "pragma 'doc-required' must be boolean", value.span);
  } else if (isExceptionList(name, pragmas)) {
    const names = value.kind === 'list' ? value.items : undefined;
    const strings = names?.flatMap((item) => (item.kind === 'string' ? [item.value] : []));
    if (strings && strings.length === names?.length) pragmas.exceptions[name] = new Set(strings);
    else reporter.error('pragma-not-strings', `pragma ${name} must be a list of strings`, value.span);
  } else {
    reporter.error('pragma-unknown', `unknown pragma '${name}'`, key.span);
  }
}

function isExceptionList(name: string, { exceptions }: Pragmas): name is keyof Pragmas['exceptions'] {
  return Object.hasOwn(exceptions, name);
}
