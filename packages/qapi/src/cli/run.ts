/** Runs a command line of `qapi`. */

import { suggestion } from '../diagnostics/suggest.js';
import { VERSION } from '../version.js';
import { UsageError } from './arguments.js';
import { type CommandFunction, type CommandName, type Context, EXIT, type ExitStatus } from './context.js';

/** The commands. Each is loaded when it is called, for a fast start. */
const COMMANDS = {
  check: () => import('./commands/check.js'),
  generate: () => import('./commands/generate.js'),
  docs: () => import('./commands/docs.js'),
  introspect: () => import('./commands/introspect.js'),
} satisfies Readonly<Record<CommandName, () => Promise<{ readonly run: CommandFunction }>>>;

/** Runs a command line (without the name of the program) and returns the exit status. Never throws. */
export async function runCommandLine(args: readonly string[], context: Context): Promise<ExitStatus> {
  const [first, ...rest] = args;
  try {
    return await dispatch(first, rest, context);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    context.stderr.write(`qapi: ${oneLine(message)}\n`);
    if (!(error instanceof UsageError)) return EXIT.failure;
    const command = first !== undefined && isCommand(first) ? `${first} ` : '';
    context.stderr.write(`Try 'qapi ${command}--help'.\n`);
    return EXIT.usage;
  }
}

async function dispatch(
  first: string | undefined,
  rest: readonly string[],
  context: Context,
): Promise<ExitStatus> {
  if (first === undefined) {
    context.stderr.write((await import('./help.js')).USAGE);
    return EXIT.usage;
  }
  if (first === '--version' || first === '-V') {
    context.stdout.write(`qapi ${VERSION}\n`);
    return EXIT.success;
  }
  if (first === '--help' || first === '-h') return help('qapi', context);
  if (first === 'help') return help(rest[0] ?? 'qapi', context);
  if (!isCommand(first))
    throw first.startsWith('-') ? new UsageError(`unknown option '${first}'`) : unknownCommand(first);
  if (asksForHelp(rest)) return help(first, context);
  const { run } = await COMMANDS[first]();
  return run(rest, context);
}

function unknownCommand(name: string): UsageError {
  const hint = suggestion(name, Object.keys(COMMANDS));
  return new UsageError(`unknown command '${name}'${hint === undefined ? '' : `; ${hint}`}`);
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

/** Help is shown even if the command line has an error. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).some((arg) => arg === '--help' || arg === '-h');
}

async function help(command: string, context: Context): Promise<ExitStatus> {
  if (command !== 'qapi' && !isCommand(command)) throw unknownCommand(command);
  const { HELP } = await import('./help.js');
  context.stdout.write(HELP[command]);
  return EXIT.success;
}

/** Replaces control characters of file names and arguments, which a terminal would interpret. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/\p{C}/gu, '?');
}
