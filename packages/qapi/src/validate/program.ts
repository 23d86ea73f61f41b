/** Validates the expressions of all modules (qemu-ga §10.4). */
import type { Reporter } from '../diagnostics/diagnostics.js';
import type { LoadedModule, Program } from '../load/loader.js';
import type { Pragmas } from '../load/pragma.js';
import type { Dialect } from '../source.js';
import type { DocNode } from '../syntax/tree.js';
import type { Definition } from './definitions.js';
import { possibleNames, validateExpression } from './expressions.js';
import { checkTypeName } from './names.js';
import { expandSimpleUnion } from './simple-unions.js';

/** A module with validated definitions. */
export interface ValidModule {
  readonly name: string;
  readonly items: readonly (
    | Definition
    | DocNode
    | { readonly kind: 'inclusion'; readonly module: ValidModule }
  )[];
}

/** A validated program, the input of the semantic checks. */
export interface ValidProgram {
  readonly main: ValidModule;
  /** All definitions in schema order. */
  readonly definitions: readonly Definition[];
  readonly pragmas: Pragmas;
  readonly dialect: Dialect;
  /**
   * Returns true if a definition or file that could not be read may define the type. A file can define only valid names, so other
   * names are unknown whatever a missing file contains.
   */
  readonly mayBeLost: (name: string) => boolean;
}

export function validateProgram(program: Program, dialect: Dialect, reporter: Reporter): ValidProgram {
  const { main, pragmas, complete } = program;
  const definitions: Definition[] = [];
  const lost = new Set<string>();
  const scope = { reporter, dialect, pragmas };

  const validate = ({ name, items }: LoadedModule): ValidModule => ({
    name,
    items: items.flatMap((item): readonly ValidModule['items'][number][] => {
      if (item.kind === 'inclusion') return [{ kind: 'inclusion', module: validate(item.module) }];
      if (item.kind === 'doc') return [item];
      const definition = item.kind === 'expression' ? validateExpression(item, scope) : undefined;
      if (definition) {
        const expanded = expandSimpleUnion(definition);
        definitions.push(...expanded);
        return expanded;
      }
      const { entries } = item.kind === 'expression' ? item.object : item;
      for (const lostName of possibleNames(entries)) lost.add(lostName);
      return [];
    }),
  });

  const mayBeLost = (name: string): boolean =>
    lost.has(name) || (!complete && checkTypeName(name, 'type') === undefined);
  return { main: validate(main), definitions, pragmas, dialect, mayBeLost };
}
