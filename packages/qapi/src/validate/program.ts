/**
 * The first stage over a whole program: every expression of every module (qemu-ga §10.4).
 */

import type { Reporter } from '../diagnostics/diagnostics.js';
import type { LoadedModule, Program } from '../load/loader.js';
import type { Pragmas } from '../load/pragma.js';
import type { Dialect } from '../syntax/dialect.js';
import type { DocNode } from '../syntax/tree.js';
import type { Definition } from './definitions.js';
import { checkExpression, nameOf } from './expressions.js';
import { expandSimpleUnion } from './simple-unions.js';

/** A module whose definitions have the right shape. */
export interface CheckedModule {
  readonly name: string;
  readonly items: readonly (Definition | DocNode | CheckedInclusion)[];
}

/** The first inclusion of a module. */
interface CheckedInclusion {
  readonly kind: 'inclusion';
  readonly module: CheckedModule;
}

/** All that the second stage needs. */
export interface CheckedProgram {
  readonly main: CheckedModule;
  /** All definitions in schema order. */
  readonly definitions: readonly Definition[];
  readonly pragmas: Pragmas;
  readonly dialect: Dialect;
  /** Whether a type of this name may have been meant to be there, in a definition or file that was lost. */
  readonly mayBeLost: (name: string) => boolean;
}

/** Checks all expressions. */
export function checkProgram(program: Program, dialect: Dialect, reporter: Reporter): CheckedProgram {
  const { main, pragmas, complete } = program;
  const definitions: Definition[] = [];
  const lost = new Set<string>();
  const scope = { reporter, dialect, pragmas };

  const checkModule = ({ name, items }: LoadedModule): CheckedModule => ({
    name,
    items: items.flatMap((item): readonly CheckedModule['items'][number][] => {
      if (item.kind === 'inclusion') return [{ kind: 'inclusion', module: checkModule(item.module) }];
      if (item.kind === 'doc') return [item];
      const definition = item.kind === 'expression' ? checkExpression(item, scope) : undefined;
      if (definition) {
        const expanded = expandSimpleUnion(definition);
        definitions.push(...expanded);
        return expanded;
      }
      const named = nameOf(item.kind === 'expression' ? item.object.entries : item.entries);
      if (named) lost.add(named.name.value);
      return [];
    }),
  });

  return {
    main: checkModule(main),
    definitions,
    pragmas,
    dialect,
    mayBeLost: (name) => !complete || lost.has(name),
  };
}
