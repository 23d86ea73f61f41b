import { readFile } from 'node:fs/promises';
import {
  type Application,
  ArgumentScannerError,
  buildApplication,
  buildCommand,
  buildRouteMap,
  formatMessageForArgumentScannerError,
  text_en,
} from '@stricli/core';
import type { CliContext } from './context.js';
import { exitStatus, exitStatusOf } from './exit-status.js';
import { guestFlags } from './parameters.js';
import { printable } from './printable.js';

const call = buildCommand({
  loader: async () => (await import('./commands/call.js')).default,
  parameters: {
    flags: guestFlags,
    positional: {
      kind: 'tuple',
      parameters: [
        { placeholder: 'command', parse: String, brief: 'Name of the command, such as guest-ping' },
        {
          placeholder: 'json',
          parse: String,
          optional: true,
          brief: 'Its arguments as a JSON object; - reads them from standard input',
        },
      ],
    },
  },
  docs: {
    brief: 'Carry out a command of the agent and print what it returns, as JSON',
    fullDescription: [
      'Carries out a command of the agent, one that guestctl knows or any other, and prints what it returns.',
      'Integers of 64 bits are exact. A command that answers nothing when it succeeds prints {}.',
    ].join('\n'),
  },
});

const ping = buildCommand({
  loader: async () => (await import('./commands/ping.js')).default,
  parameters: { flags: guestFlags },
  docs: { brief: 'Show that the agent answers' },
});

const info = buildCommand({
  loader: async () => (await import('./commands/info.js')).default,
  parameters: {
    flags: {
      ...guestFlags,
      json: { kind: 'boolean', default: false, withNegated: false, brief: 'Print the answer as JSON' },
    },
  },
  docs: { brief: "Show the agent's version and its commands" },
});

const root = buildRouteMap({
  routes: { call, ping, info },
  docs: {
    brief: 'Talk to the agent inside a virtual machine',
    fullDescription: [
      'Talks to the QEMU guest agent inside a virtual machine, guestd or qemu-ga, from its host.',
      '',
      'Exit status: 0 success; 1 the guest answered an error; 2 the command line makes no sense; 3 no connection,',
      'or no answer in time; 4 the answer is not as agreed; 70 a mistake in guestctl.',
    ].join('\n'),
  },
});

/** One line, without a stack: what went wrong, and what to do. */
const describe = (error: unknown): string =>
  `guestctl: ${printable(error instanceof Error ? error.message : String(error))}`;

/** With where it happened, since it should not have happened at all. */
const describeMistake = (error: unknown): string =>
  exitStatusOf(error) === exitStatus.internal && error instanceof Error
    ? `guestctl: this is a mistake in guestctl: ${error.stack ?? error.message}`
    : describe(error);

const readVersion = async (): Promise<string> => {
  const manifest: unknown = JSON.parse(
    await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  return (manifest as { version: string }).version;
};

/** The command line of guestctl. Commands are loaded when they are called. */
export const app: Application<CliContext> = buildApplication(root, {
  name: 'guestctl',
  determineExitCode: exitStatusOf,
  versionInfo: { getCurrentVersion: readVersion },
  scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
  documentation: { caseStyle: 'convert-camel-to-kebab', disableAnsiColor: true },
  localization: {
    text: {
      ...text_en,
      exceptionWhileParsingArguments: (error) =>
        error instanceof ArgumentScannerError
          ? `guestctl: ${formatMessageForArgumentScannerError(error, {
              ArgumentParseError: ({ externalFlagNameOrPlaceholder, exception }) =>
                `${externalFlagNameOrPlaceholder}: ${exception instanceof Error ? exception.message : String(exception)}`,
            })}\nTry guestctl --help.`
          : describe(error),
      exceptionWhileRunningCommand: describeMistake,
      exceptionWhileLoadingCommandFunction: describeMistake,
      commandErrorResult: describe,
      noCommandRegisteredForInput: ({ input, corrections }) =>
        `guestctl: there is no command "${printable(input)}"${corrections.length > 0 ? `; did you mean ${corrections.join(' or ')}?` : ''}\nTry guestctl --help.`,
    },
  },
});
