/** `qapi check`: checks schemas. */
import type { CompileResult } from '../../compile.js';
import { parseArguments, UsageError } from '../arguments.js';
import { type Context, EXIT, type ExitStatus } from '../context.js';
import { diagnosticRecord, printDiagnostics, summary } from '../report.js';
import { COMMON_OPTIONS, compileOperand, dialectOption } from '../schema-input.js';

export const OPTIONS = {
  ...COMMON_OPTIONS,
  json: { kind: 'flag' },
  strict: { kind: 'flag' },
  quiet: { kind: 'flag', short: 'q' },
} as const;

export function run(args: readonly string[], context: Context): ExitStatus {
  const { options, operands } = parseArguments(OPTIONS, args);
  const dialect = dialectOption(options.dialect);
  if (operands.length === 0) throw new UsageError('a schema file is missing');
  const results = operands.map((path) => compileOperand(path, dialect));
  const found = results.flatMap((result) => result.diagnostics);
  const diagnostics = options.strict ? found.map((each) => ({ ...each, severity: 'error' as const })) : found;
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const shown = options.quiet ? errors : diagnostics;
  if (options.json) {
    context.stdout.write(`${JSON.stringify(shown.map(diagnosticRecord), undefined, 2)}\n`);
  } else {
    printDiagnostics(context, shown);
    const unreadable = diagnostics.length === 1 && diagnostics[0]?.span === undefined;
    const counts = summary(errors.length, diagnostics.length - errors.length);
    const detected = dialect === 'auto' ? olderDialects(results) : '';
    if (!options.quiet && !unreadable) context.stderr.write(`${counts}${detected}\n`);
  }
  return errors.length > 0 ? EXIT.failure : EXIT.success;
}

/** Returns ` (dialect 2012)` if a schema was not compiled in today's dialect. */
function olderDialects(results: readonly CompileResult[]): string {
  const older = new Set(results.map(({ dialect }) => dialect).filter((dialect) => dialect !== 'modern'));
  return older.size > 0 ? ` (dialect ${[...older].join(', ')})` : '';
}
