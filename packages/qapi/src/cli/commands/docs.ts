/** `qapi docs`: a reference of a schema in Markdown. */
import { renderReference } from '../../generate/docs/reference.js';
import { parseArguments } from '../arguments.js';
import { type CommandFunction, EXIT } from '../context.js';
import { PAGE_OPTIONS, putPage } from '../page-output.js';
import { COMMON_OPTIONS, dialectOption, loadSchema, oneSchema } from '../schema-input.js';

/** The options of `qapi docs`. */
export const OPTIONS = { ...COMMON_OPTIONS, ...PAGE_OPTIONS } as const;

/** Runs `qapi docs`. */
export const run: CommandFunction = (args, context) => {
  const { options, operands } = parseArguments(OPTIONS, args);
  const dialect = dialectOption(options.dialect);
  const schema = loadSchema(oneSchema(operands), dialect, context);
  return schema ? putPage(renderReference(schema), options, context) : EXIT.failure;
};
