/** What all commands do with a schema: its options, reading it, and saying what is wrong with it. */
import { compileSchema } from '../compile.js';
import { type Selection, select } from '../generate/selection.js';
import type { Schema } from '../model.js';
import type { Dialect } from '../source.js';
import { UsageError } from './arguments.js';
import type { Context } from './context.js';
import { printDiagnostics } from './report.js';

/** Options of all commands. */
export const COMMON_OPTIONS = {
  help: { kind: 'flag', short: 'h' },
  dialect: { kind: 'value' },
} as const;

/** Options that choose among conditional parts. */
export const CONDITION_OPTIONS = {
  define: { kind: 'list', short: 'D' },
  all: { kind: 'flag' },
} as const;

/** The value of `--dialect`. */
export function dialectOption(value: string | undefined): Dialect {
  if (value === undefined || value === 'modern') return 'modern';
  if (value === '2012') return '2012';
  throw new UsageError(`unknown dialect '${value}': it is 'modern' or '2012'`);
}

/** The one operand of a command. */
export function oneSchema(operands: readonly string[]): string {
  const [path, surplus] = operands;
  if (path === undefined) throw new UsageError('a schema file is missing');
  if (surplus !== undefined)
    throw new UsageError(`only one schema file can be given, and '${surplus}' is another`);
  return path;
}

/** The choice that `--define` and `--all` make. */
export function conditionOptions(options: {
  readonly define: readonly string[];
  readonly all: boolean;
}): Selection {
  const names = options.define.flatMap((value) => value.split(','));
  if (options.all || names.includes('*')) return select('all');
  const wrong = names.find((name) => !/^[A-Z][A-Z0-9_]*$/.test(name));
  if (wrong !== undefined) {
    throw new UsageError(
      `'${wrong}' cannot be defined: conditions name capitals, digits and '_', or '*' for all`,
    );
  }
  return select(names);
}

/** Compiles a schema to work with; prints its errors, if it has any. Warnings are the matter of `qapi check`. */
export function loadSchema(path: string, dialect: Dialect, context: Context): Schema | undefined {
  const { schema, diagnostics } = compileSchema(path, { dialect });
  if (schema === undefined) {
    printDiagnostics(
      context,
      diagnostics.filter(({ severity }) => severity === 'error'),
    );
  }
  return schema;
}
