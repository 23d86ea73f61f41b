/** `qapi generate`: TypeScript from a schema. */
import { join } from 'node:path';
import { checkSelection } from '../../generate/check-selection.js';
import { staleFiles, writeFiles } from '../../generate/output.js';
import { runtimeFile } from '../../generate/runtime.js';
import { generateTypeScript } from '../../generate/typescript/generate.js';
import type { FeatureType } from '../../generate/typescript/scope.js';
import { parseArguments, UsageError } from '../arguments.js';
import { type CommandFunction, EXIT } from '../context.js';
import { printDiagnostics } from '../report.js';
import {
  COMMON_OPTIONS,
  CONDITION_OPTIONS,
  conditionOptions,
  dialectOption,
  loadSchema,
  oneSchema,
} from '../schema-input.js';

/** The options of `qapi generate`. */
export const OPTIONS = {
  ...COMMON_OPTIONS,
  ...CONDITION_OPTIONS,
  output: { kind: 'value', short: 'o' },
  runtime: { kind: 'value' },
  'feature-type': { kind: 'list' },
  check: { kind: 'flag' },
  quiet: { kind: 'flag', short: 'q' },
} as const;

/** Runs `qapi generate`. */
export const run: CommandFunction = (args, context) => {
  const { options, operands } = parseArguments(OPTIONS, args);
  const dialect = dialectOption(options.dialect);
  const path = oneSchema(operands);
  const { output: folder, runtime } = options;
  if (folder === undefined || folder === '')
    throw new UsageError("the output folder is missing: give it with '-o DIR'");
  if (runtime === '') throw new UsageError("option '--runtime' needs the name of a module");
  const selection = conditionOptions(options);
  const featureTypes = new Map(options['feature-type'].map(featureType));

  const schema = loadSchema(path, dialect, context);
  if (schema === undefined) return EXIT.failure;
  const torn = checkSelection(schema, selection);
  if (torn.length > 0) {
    printDiagnostics(context, torn);
    return EXIT.failure;
  }
  const modules = generateTypeScript(schema, { selection, featureTypes, ...(runtime && { runtime }) });
  const files = runtime === undefined ? [...modules, runtimeFile()] : modules;
  if (options.check) {
    const stale = staleFiles(folder, files);
    for (const file of stale) context.stderr.write(`qapi: not up to date: ${join(folder, file)}\n`);
    if (stale.length === 0) return EXIT.success;
    context.stderr.write("Run the same command without '--check' to write what has changed.\n");
    return EXIT.failure;
  }
  const written = writeFiles(folder, files);
  if (!options.quiet) context.stdout.write(`${folder}: ${files.length} files, ${written.length} written\n`);
  return EXIT.success;
};

/** Reads `FEATURE=TYPE@MODULE`. */
function featureType(text: string): readonly [string, FeatureType] {
  const [, feature, name, from] = /^([^=\s]+)=([A-Za-z_$][\w$]*)@(\S+)$/.exec(text) ?? [];
  if (feature === undefined || name === undefined || from === undefined) {
    throw new UsageError(`'${text}' is not of the form FEATURE=TYPE@MODULE`);
  }
  return [feature, { name, from }];
}
