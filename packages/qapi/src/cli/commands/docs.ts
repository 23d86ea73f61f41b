/** `qapi docs`: generates a reference in Markdown. */
import { renderReference } from '../../generate/docs/reference.js';
import { parseArguments } from '../arguments.js';
import { type Context, EXIT, type ExitStatus } from '../context.js';
import { outputPage, PAGE_OPTIONS } from '../page.js';
import { COMMON_OPTIONS, dialectOption, loadSchema, schemaOperand } from '../schema-input.js';

/** The options of `qapi docs`. */
export const OPTIONS = { ...COMMON_OPTIONS, ...PAGE_OPTIONS } as const;

/** Runs `qapi docs`. */
export function run(args: readonly string[], context: Context): ExitStatus {
  const { options, operands } = parseArguments(OPTIONS, args);
  const dialect = dialectOption(options.dialect);
  const schema = loadSchema(schemaOperand(operands), dialect, context);
  return schema ? outputPage(renderReference(schema), options, context) : EXIT.failure;
}
