/** Commands that make one text: to stdout, into a file, or compared with a file. */
import { current, writeFile } from '../generate/output.js';
import { UsageError } from './arguments.js';
import { type Context, EXIT, type ExitStatus } from './context.js';

/** Options of such commands. */
export const PAGE_OPTIONS = {
  output: { kind: 'value', short: 'o' },
  check: { kind: 'flag' },
} as const;

/** Puts the text where the options say. */
export function putPage(
  text: string,
  options: { readonly output: string | undefined; readonly check: boolean },
  context: Context,
): ExitStatus {
  const { output } = options;
  if (output === undefined || output === '-' || output === '') {
    if (options.check)
      throw new UsageError("option '--check' needs a file to compare with: give it with '-o FILE'");
    context.stdout.write(text);
    return EXIT.success;
  }
  if (!options.check) {
    writeFile(output, text);
    return EXIT.success;
  }
  if (current(output) === text) return EXIT.success;
  context.stderr.write(
    `qapi: not up to date: ${output}\nRun the same command without '--check' to write it.\n`,
  );
  return EXIT.failure;
}
