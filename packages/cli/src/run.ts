import { ExitCode, run } from '@stricli/core';
import { app } from './app.js';
import type { CliContext } from './context.js';
import { exitStatus, exitStatusOf } from './exit-status.js';
import { root } from './routes/root.js';

/** What stricli's own, negative statuses come to. */
const usage: readonly number[] = [ExitCode.InvalidArgument, ExitCode.UnknownCommand];

/** Carries out a command line (without the program's name) and gives the exit status. */
export async function runGuestctl(args: readonly string[], context: CliContext): Promise<number> {
  if (args[0] === '__complete') {
    const { complete } = await import('./completion/complete.js');
    // The first argument is `--`.
    const lines = await complete(root, args.slice(2), context);
    context.process.stdout.write(lines.map((line) => `${line}\n`).join(''));
    return exitStatus.ok;
  }
  // Stricli writes the status here, if the command has not.
  const process: CliContext['process'] = { ...context.process };
  await run(app, args.length === 0 ? ['--help'] : args, { ...context, process });
  const { signal } = context.interrupts;
  if (signal.aborted) return exitStatusOf(signal.reason);
  const code = Number(process.exitCode);
  if (usage.includes(code)) return exitStatus.usage;
  return code < 0 ? exitStatus.internal : code;
}
