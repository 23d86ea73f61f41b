/** `qapi generate`: generates TypeScript. */
import { join } from 'node:path';
import { staleFiles, writeFiles } from '../../generate/output.js';
import { checkSelection } from '../../generate/references.js';
import { type OutputFile, runtimeFile } from '../../generate/typescript/files.js';
import { generateTypeScript } from '../../generate/typescript/generate.js';
import type { FeatureType } from '../../generate/typescript/scope.js';
import { parseArguments, UsageError } from '../arguments.js';
import { type Context, EXIT, type ExitStatus } from '../context.js';
import { printDiagnostics } from '../report.js';
import * as input from '../schema-input.js';

export const OPTIONS = {
  ...input.COMMON_OPTIONS,
  ...input.CONDITION_OPTIONS,
  output: { kind: 'value', short: 'o' },
  runtime: { kind: 'value' },
  'feature-type': { kind: 'list' },
  check: { kind: 'flag' },
  quiet: { kind: 'flag', short: 'q' },
} as const;

export function run(args: readonly string[], context: Context): ExitStatus {
  const { options, operands } = parseArguments(OPTIONS, args);
  const dialect = input.dialectOption(options.dialect);
  const path = input.schemaOperand(operands);
  const { output: folder, runtime } = options;
  if (!folder) throw new UsageError("the output folder is missing: give it with '-o DIR'");
  if (runtime === '') throw new UsageError("option '--runtime' needs the name of a module");
  const selection = input.conditionOptions(options);
  const featureTypes = new Map(options['feature-type'].map(parseFeatureType));

  const schema = input.loadSchema(path, dialect, context);
  if (schema === undefined) return EXIT.failure;
  const errors = checkSelection(schema, selection);
  if (errors.length > 0) {
    printDiagnostics(context, errors);
    return EXIT.failure;
  }
  const modules = generateTypeScript(schema, { selection, featureTypes, ...(runtime && { runtime }) });
  const files = runtime === undefined ? [...modules, runtimeFile()] : modules;
  if (options.check) return checkFiles(folder, files, context);
  const written = writeFiles(folder, files);
  if (!options.quiet) context.stdout.write(`${folder}: ${files.length} files, ${written.length} written\n`);
  return EXIT.success;
}

function checkFiles(folder: string, files: readonly OutputFile[], context: Context): ExitStatus {
  const stale = staleFiles(folder, files);
  for (const file of stale) context.stderr.write(`qapi: not up to date: ${join(folder, file)}\n`);
  if (stale.length === 0) return EXIT.success;
  context.stderr.write("Run the same command without '--check' to write the changes.\n");
  return EXIT.failure;
}

/** Parses `FEATURE=TYPE@MODULE`. */
function parseFeatureType(text: string): readonly [string, FeatureType] {
  const [, feature, name, from] = /^([^=\s]+)=([A-Za-z_$][\w$]*)@(\S+)$/.exec(text) ?? [];
  if (feature === undefined || name === undefined || from === undefined) {
    throw new UsageError(`invalid '${text}': expected FEATURE=TYPE@MODULE`);
  }
  return [feature, { name, from }];
}
