import { ExitCode, run } from '@stricli/core';
import { app } from './app.js';
import type { CliContext } from './context.js';
import { exitStatus } from './exit-status.js';

/** What stricli's own, negative statuses come to. */
const usage: readonly number[] = [ExitCode.InvalidArgument, ExitCode.UnknownCommand];

/** Carries out a command line (without the program's name) and gives the exit status. */
export const runGuestctl = async (args: readonly string[], context: CliContext): Promise<number> => {
  // Stricli writes the status here, if nothing stands there yet.
  const process: CliContext['process'] & { exitCode?: number | string | null } = { ...context.process };
  await run(app, args.length === 0 ? ['--help'] : args, { ...context, process });
  const code = Number(process.exitCode);
  if (usage.includes(code)) return exitStatus.usage;
  return code < 0 ? exitStatus.internal : code;
};
