import {
  type Application,
  ArgumentScannerError,
  buildApplication,
  formatMessageForArgumentScannerError,
  text_en,
} from '@stricli/core';
import type { CliContext } from './context.js';
import { exitStatusOf, formatError } from './exit-status.js';
import { printable } from './output/escape.js';
import { root } from './routes/root.js';
import { VERSION } from './version.js';

function describe(error: unknown): string {
  return `guestctl: ${formatError(error)}`;
}

/** The command line of guestctl. */
export const app: Application<CliContext> = buildApplication(root, {
  name: 'guestctl',
  determineExitCode: exitStatusOf,
  versionInfo: { currentVersion: VERSION },
  scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
  documentation: {
    caseStyle: 'convert-camel-to-kebab',
    disableAnsiColor: true,
    onlyRequiredInUsageLine: true,
  },
  localization: {
    text: {
      ...text_en,
      exceptionWhileParsingArguments: (error) =>
        error instanceof ArgumentScannerError
          ? `guestctl: ${printable(
              formatMessageForArgumentScannerError(error, {
                ArgumentParseError: ({ externalFlagNameOrPlaceholder, exception }) =>
                  `${externalFlagNameOrPlaceholder}: ${exception instanceof Error ? exception.message : String(exception)}`,
              }),
            )}\nTry guestctl --help.`
          : describe(error),
      exceptionWhileRunningCommand: describe,
      exceptionWhileLoadingCommandFunction: describe,
      commandErrorResult: describe,
      noCommandRegisteredForInput: ({ input, corrections }) =>
        `guestctl: unknown command "${printable(input)}"${corrections.length > 0 ? `; did you mean ${corrections.join(' or ')}?` : ''}\nTry guestctl --help.`,
    },
  },
});
