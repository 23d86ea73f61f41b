/** The options and operands of commands that read a schema, and the output of those that generate one page. */
import { type CompileResult, compileSchema, compileStandardInput } from '../compile.js';
import { readText, writeFile } from '../generate/output.js';
import { type Selection, select } from '../generate/selection.js';
import type { Schema } from '../model.js';
import type { Dialect } from '../source.js';
import { UsageError } from './arguments.js';
import { type Context, EXIT, type ExitStatus } from './context.js';
import { printDiagnostics } from './report.js';

/** The options of all commands. */
export const COMMON_OPTIONS = {
  help: { kind: 'flag', short: 'h' },
  dialect: { kind: 'value' },
} as const;

export const CONDITION_OPTIONS = {
  define: { kind: 'list', short: 'D' },
  all: { kind: 'flag' },
} as const;

/** Returns the dialect of an option: its name, or that of a release of QEMU. */
export function dialectOption(value = 'auto'): Dialect | 'auto' {
  if (value === 'auto' || value === 'modern' || value === '2012') return value;
  const [, major, minor] = /^(\d{1,3})\.(\d{1,3})(?:\.\d{1,3})?$/.exec(value) ?? [];
  if (major === undefined) {
    throw new UsageError(
      `unknown dialect '${value}': use a release of QEMU such as '6.1', or 'auto', 'modern' or '2012'`,
    );
  }
  const release = 1000 * Number(major) + Number(minor);
  return release < 2009 ? '2012' : release < 9000 ? '2.9' : 'modern';
}

export function schemaOperand(operands: readonly string[]): string {
  const [path, extra] = operands;
  if (path === undefined) throw new UsageError('a schema file is missing');
  if (extra !== undefined) throw new UsageError(`unexpected argument '${extra}': give one schema file only`);
  return path;
}

export function conditionOptions(options: {
  readonly define: readonly string[];
  readonly all: boolean;
}): Selection {
  const names = options.define.flatMap((value) => value.split(','));
  if (options.all || names.includes('*')) return select('all');
  const invalid = names.find((name) => !/^[A-Z][A-Z0-9_]*$/.test(name));
  if (invalid === undefined) return select(names);
  throw new UsageError(
    `cannot define '${invalid}': names of conditions have capitals, digits and '_'; use '*' for all`,
  );
}

/** Compiles the schema of an operand: a file, or standard input for `-`. */
export function compileOperand(path: string, dialect: Dialect | 'auto'): CompileResult {
  return path === '-' ? compileStandardInput(dialect) : compileSchema(path, { dialect });
}

/** Compiles a schema. Returns undefined, after printing the errors, if it has any. Warnings are not printed. */
export function loadSchema(path: string, dialect: Dialect | 'auto', context: Context): Schema | undefined {
  const { schema, diagnostics } = compileOperand(path, dialect);
  if (schema === undefined) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    printDiagnostics(context, errors);
  }
  return schema;
}

/** The options of commands that generate one page. */
export const PAGE_OPTIONS = {
  output: { kind: 'value', short: 'o' },
  check: { kind: 'flag' },
} as const;

/** Writes or compares a page, as the options require. */
export function outputPage(
  text: string,
  { output, check }: { readonly output: string | undefined; readonly check: boolean },
  context: Context,
): ExitStatus {
  if (output === undefined || output === '-' || output === '') {
    if (check) throw new UsageError("option '--check' needs a file to compare with: give it with '-o FILE'");
    context.stdout.write(text);
  } else if (!check) {
    writeFile(output, text);
  } else if (readText(output) !== text) {
    const advice = "Run the same command without '--check' to write it.";
    context.stderr.write(`qapi: not up to date: ${output}\n${advice}\n`);
    return EXIT.failure;
  }
  return EXIT.success;
}
