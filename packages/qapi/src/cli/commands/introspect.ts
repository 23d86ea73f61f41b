/** `qapi introspect`: generates the reply of `query-qmp-schema`. */
import { introspect } from '../../generate/introspect/introspect.js';
import { parseArguments } from '../arguments.js';
import { type Context, EXIT, type ExitStatus } from '../context.js';
import * as input from '../schema-input.js';

export const OPTIONS = {
  ...input.COMMON_OPTIONS,
  ...input.CONDITION_OPTIONS,
  ...input.PAGE_OPTIONS,
  unmasked: { kind: 'flag', short: 'u' },
} as const;

export function run(args: readonly string[], context: Context): ExitStatus {
  const { options, operands } = parseArguments(OPTIONS, args);
  const dialect = input.dialectOption(options.dialect);
  const selection = input.conditionOptions(options);
  const schema = input.loadSchema(input.schemaOperand(operands), dialect, context);
  if (schema === undefined) return EXIT.failure;
  const reply = introspect(schema, { selection, unmasked: options.unmasked });
  return input.outputPage(`${JSON.stringify(reply, undefined, 2)}\n`, options, context);
}
