/** The command line `qapi`: finds the command, and lets no error past but as one line. */
import { UsageError } from './arguments.js';
import { type CommandFunction, type CommandName, type Context, EXIT, type ExitStatus } from './context.js';

/** The commands; each is loaded when it is called, for a short start. */
const COMMANDS = {
  check: () => import('./commands/check.js'),
  generate: () => import('./commands/generate.js'),
  docs: () => import('./commands/docs.js'),
  introspect: () => import('./commands/introspect.js'),
} satisfies Readonly<Record<CommandName, () => Promise<{ readonly run: CommandFunction }>>>;

/** Runs a command line without the name of the program, and gives the exit status. Never throws. */
export async function runCommandLine(args: readonly string[], context: Context): Promise<ExitStatus> {
  const [first, ...rest] = args;
  try {
    if (first === undefined) return await usage(context);
    if (first === '--version' || first === '-V') return await version(context);
    if (first === '--help' || first === '-h') return await help(undefined, context);
    if (first === 'help') return await help(rest[0], context);
    if (!isCommand(first)) {
      throw new UsageError(
        first.startsWith('-') ? `unknown option '${first}'` : `unknown command '${first}'`,
      );
    }
    if (asksForHelp(rest)) return await help(first, context);
    const { run } = await COMMANDS[first]();
    return run(rest, context);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof UsageError) {
      const command = first !== undefined && isCommand(first) ? `${first} ` : '';
      context.stderr.write(`qapi: ${oneLine(message)}\nTry 'qapi ${command}--help'.\n`);
      return EXIT.usage;
    }
    context.stderr.write(`qapi: ${oneLine(message)}\n`);
    return EXIT.failure;
  }
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

/** Help is given whatever else is wrong with the command line. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).some((arg) => arg === '--help' || arg === '-h');
}

async function help(command: string | undefined, context: Context): Promise<ExitStatus> {
  if (command !== undefined && !isCommand(command)) throw new UsageError(`unknown command '${command}'`);
  const { HELP } = await import('./help.js');
  context.stdout.write(HELP[command ?? 'qapi']);
  return EXIT.success;
}

async function usage(context: Context): Promise<ExitStatus> {
  const { USAGE } = await import('./help.js');
  context.stderr.write(USAGE);
  return EXIT.usage;
}

async function version(context: Context): Promise<ExitStatus> {
  const { readFileSync } = await import('node:fs');
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  );
  const found =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : '';
  context.stdout.write(`qapi ${found}\n`);
  return EXIT.success;
}

/** Keeps control characters of file names and arguments from the terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/\p{C}/gu, '?');
}
