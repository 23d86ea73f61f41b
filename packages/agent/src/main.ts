import { exitNow } from '@guestwire/posix';
import { AgentError } from './agent-error.js';
import { background } from './daemon/background.js';
import { restoreHidden } from './daemon/environment.js';
import { FLUSH_TIMEOUT_MS, standardError, writeStandardError } from './log/standard-error.js';
import { readOptions, rereadAccess } from './options/options.js';
import type { Subcommand } from './subcommands/subcommand.js';
import { startThreadPool } from './thread-pool.js';
import { type InheritedSocket, inheritedSocket } from './transport/inherited.js';
import { VERSION } from './version.js';

const OK = 0;
const FAILURE = 1;

/** Commands beside the daemon, by the first word: qemu-ga ignores words that are not options, wherever they are. */
const SUBCOMMANDS: ReadonlyMap<string | undefined, Subcommand> = new Map<string, Subcommand>([
  ['audit', async (args) => (await import('./subcommands/audit.js')).runAudit(args)],
  ['policy', async (args, env) => (await import('./subcommands/policy.js')).runPolicy(args, env)],
]);

/** Runs the daemon, or another action of the command line. Resolves with the exit status. */
async function main(args: readonly string[]): Promise<number> {
  const { env } = process;
  const [word, ...rest] = args;
  const subcommand = SUBCOMMANDS.get(word);
  if (subcommand !== undefined) {
    const { status, output, complaint } = await subcommand(rest, env);
    writeStandardError(complaint);
    await standardError.flush(FLUSH_TIMEOUT_MS);
    await print(output);
    return status;
  }
  const launched = background(env);
  const given = { ...env };
  restoreHidden(env);
  startThreadPool(env);
  let inherited: InheritedSocket | undefined;
  const invocation = readOptions(args, env, {
    complain: (text) => writeStandardError(`guestd: ${text}\n`),
    inherit() {
      inherited = inheritedSocket(env);
      return inherited;
    },
  });
  // Before anything on standard output.
  await standardError.flush(FLUSH_TIMEOUT_MS);
  switch (invocation.kind) {
    case 'help': {
      const { HELP } = await import('./options/help.js');
      await print(HELP);
      return OK;
    }
    case 'version':
      await print(`QEMU Guest Agent ${VERSION} (Guestwire)\n`);
      return OK;
    case 'list-commands': {
      const { commandNames } = await import('./rpc/registry.js');
      await print(`${commandNames().join('\n')}\n`);
      return OK;
    }
    case 'dump-conf': {
      const { dumpConf } = await import('./options/settings.js');
      await print(dumpConf(invocation.settings));
      return OK;
    }
    case 'unknown-option':
      await print("Unknown option, try 'guestd --help' for more information.\n");
      return FAILURE;
    case 'thaw-after-exit': {
      const { thawAfterExit } = await import('./daemon/thaw-after-exit.js');
      return end(await thawAfterExit(invocation.options, env, print));
    }
    case 'run': {
      const { options } = invocation;
      if (options.daemon && launched === undefined) {
        const { launch } = await import('./daemon/launch.js');
        return launch(args, given);
      }
      const { serve } = await import('./daemon/serve.js');
      const folder = process.cwd();
      const status = await serve(options, {
        env,
        inherited,
        background: launched,
        rereadAccess: () => rereadAccess(args, env, folder),
      });
      return end(status);
    }
  }
}

/** Ends this process, if it can, without waiting for the threads of Node's pool, as Node's own `exit` does. */
function end(status: number): number {
  try {
    // The system may block them on a disk or a FIFO.
    exitNow(status);
  } catch {
    // Without the FFI, the caller ends the process by `exit`.
  }
  return status;
}

/** Writes to standard output. Resolves when it has been written, since exiting does not wait. */
function print(text: string): Promise<void> {
  return new Promise((resolve) => {
    // Ignore EPIPE.
    process.stdout.once('error', () => resolve());
    process.stdout.write(text, () => resolve());
  });
}

// Node would open its debugger; other programs, like qemu-ga, end. Before this line, the launcher or the packager has
// made the debugger impossible.
process.once('SIGUSR1', () => process.kill(process.pid, 'SIGUSR1'));

// No top-level await: the single executable is CommonJS.
void main(process.argv.slice(2))
  .catch(async (error: unknown) => {
    const failure = AgentError.from(error);
    if (failure === undefined) throw error;
    writeStandardError(`guestd: ${failure.line}\n`);
    await standardError.flush(FLUSH_TIMEOUT_MS);
    return FAILURE;
  })
  .then((status) => process.exit(status));
