/** `qapi docs`: generates a reference in Markdown. */
import { renderReference } from '../../generate/docs/reference.js';
import { parseArguments } from '../arguments.js';
import { type Context, EXIT, type ExitStatus } from '../context.js';
import * as input from '../schema-input.js';

export const OPTIONS = { ...input.COMMON_OPTIONS, ...input.PAGE_OPTIONS } as const;

export function run(args: readonly string[], context: Context): ExitStatus {
  const { options, operands } = parseArguments(OPTIONS, args);
  const dialect = input.dialectOption(options.dialect);
  const schema = input.loadSchema(input.schemaOperand(operands), dialect, context);
  return schema ? input.outputPage(renderReference(schema), options, context) : EXIT.failure;
}
