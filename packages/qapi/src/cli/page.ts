/** Output of commands that generate one page: to stdout, to a file, or compared with a file. */
import { readText, writeFile } from '../generate/output.js';
import { UsageError } from './arguments.js';
import { type Context, EXIT, type ExitStatus } from './context.js';

/** The options of such a command. */
export const PAGE_OPTIONS = {
  output: { kind: 'value', short: 'o' },
  check: { kind: 'flag' },
} as const;

/** Writes or compares a page, as the options require. */
export function outputPage(
  text: string,
  { output, check }: { readonly output: string | undefined; readonly check: boolean },
  context: Context,
): ExitStatus {
  if (output === undefined || output === '-' || output === '') {
    if (check) throw new UsageError("option '--check' needs a file to compare with: give it with '-o FILE'");
    context.stdout.write(text);
  } else if (!check) {
    writeFile(output, text);
  } else if (readText(output) !== text) {
    context.stderr.write(
      `qapi: not up to date: ${output}\nRun the same command without '--check' to write it.\n`,
    );
    return EXIT.failure;
  }
  return EXIT.success;
}
