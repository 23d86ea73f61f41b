/** `qapi check`: are these schemas correct? */
import { compileSchema } from '../../compile.js';
import { parseArguments, UsageError } from '../arguments.js';
import { type CommandFunction, EXIT } from '../context.js';
import { count, diagnosticRecord, printDiagnostics, summary } from '../report.js';
import { COMMON_OPTIONS, dialectOption } from '../schema-input.js';

/** The options of `qapi check`. */
export const OPTIONS = {
  ...COMMON_OPTIONS,
  json: { kind: 'flag' },
  strict: { kind: 'flag' },
  quiet: { kind: 'flag', short: 'q' },
} as const;

/** Runs `qapi check`. */
export const run: CommandFunction = (args, context) => {
  const { options, operands } = parseArguments(OPTIONS, args);
  const dialect = dialectOption(options.dialect);
  if (operands.length === 0) throw new UsageError('a schema file is missing');
  const found = operands.flatMap((path) => compileSchema(path, { dialect }).diagnostics);
  const diagnostics = options.strict ? found.map((each) => ({ ...each, severity: 'error' as const })) : found;
  const counts = count(diagnostics);
  const shown = options.quiet ? diagnostics.filter(({ severity }) => severity === 'error') : diagnostics;
  if (options.json) {
    context.stdout.write(`${JSON.stringify(shown.map(diagnosticRecord), undefined, 2)}\n`);
  } else {
    printDiagnostics(context, shown);
    const unreadable = diagnostics.length === 1 && diagnostics[0]?.span === undefined;
    if (!options.quiet && !unreadable) context.stderr.write(`${summary(counts)}\n`);
  }
  return counts.errors > 0 ? EXIT.failure : EXIT.success;
};
