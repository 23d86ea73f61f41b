/** `qapi introspect`: the schema as QEMU describes itself. */
import { introspect } from '../../generate/introspect/introspect.js';
import { parseArguments } from '../arguments.js';
import { type CommandFunction, EXIT } from '../context.js';
import { PAGE_OPTIONS, putPage } from '../page-output.js';
import {
  COMMON_OPTIONS,
  CONDITION_OPTIONS,
  conditionOptions,
  dialectOption,
  loadSchema,
  oneSchema,
} from '../schema-input.js';

/** The options of `qapi introspect`. */
export const OPTIONS = {
  ...COMMON_OPTIONS,
  ...CONDITION_OPTIONS,
  ...PAGE_OPTIONS,
  unmasked: { kind: 'flag', short: 'u' },
} as const;

/** Runs `qapi introspect`. */
export const run: CommandFunction = (args, context) => {
  const { options, operands } = parseArguments(OPTIONS, args);
  const dialect = dialectOption(options.dialect);
  const selection = conditionOptions(options);
  const schema = loadSchema(oneSchema(operands), dialect, context);
  if (schema === undefined) return EXIT.failure;
  const answer = introspect(schema, { selection, unmasked: options.unmasked });
  return putPage(`${JSON.stringify(answer, undefined, 2)}\n`, options, context);
};
