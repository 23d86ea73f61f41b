/** Validates the expressions of all modules (qemu-ga §10.4). */
import type { Reporter } from '../diagnostics/diagnostics.js';
import type { LoadedModule, Program } from '../load/loader.js';
import type { Pragmas } from '../load/pragma.js';
import type { Dialect } from '../source.js';
import type { DocNode } from '../syntax/tree.js';
import type { Definition } from './definitions.js';
import { nameOf, validateExpression } from './expressions.js';
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
  /** Returns true if a definition or file with an error may define the name. */
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
      const lostName = nameOf(item.kind === 'expression' ? item.object.entries : item.entries);
      if (lostName !== undefined) lost.add(lostName);
      return [];
    }),
  });

  const mayBeLost = (name: string): boolean => !complete || lost.has(name);
  return { main: validate(main), definitions, pragmas, dialect, mayBeLost };
}
