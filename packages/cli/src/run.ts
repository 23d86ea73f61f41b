import { ExitCode, run } from '@stricli/core';
import { app } from './app.js';
import type { CliContext } from './context.js';
import { exitStatus, exitStatusOf } from './exit-status.js';
import { guardedOutput } from './output/escape.js';
import { root } from './routes/root.js';

/** Statuses of stricli for usage errors; all its statuses are negative. */
const STRICLI_USAGE_STATUSES: readonly number[] = [ExitCode.InvalidArgument, ExitCode.UnknownCommand];

/** Runs a command line, without the program's name, and returns the exit status. */
export async function runGuestctl(args: readonly string[], given: CliContext): Promise<number> {
  const { stdout, stderr, env } = given.process;
  const process: CliContext['process'] = {
    stdout: guardedOutput(stdout),
    stderr: guardedOutput(stderr),
    env,
  };
  const context = { ...given, process };
  // The completion scripts run `guestctl __complete -- WORDS`.
  if (args[0] === '__complete') {
    const { complete } = await import('./completion/complete.js');
    const lines = await complete(root, args.slice(2), context);
    context.process.stdout.write(lines.map((line) => `${line}\n`).join(''));
    return exitStatus.ok;
  }
  // Stricli sets the status of the process, unless the command did.
  await run(app, args.length === 0 ? ['--help'] : args, context);
  const { signal } = context.interrupts;
  if (signal.aborted) return exitStatusOf(signal.reason);
  const code = Number(process.exitCode);
  if (STRICLI_USAGE_STATUSES.includes(code)) return exitStatus.usage;
  return code < 0 ? exitStatus.internal : code;
}
