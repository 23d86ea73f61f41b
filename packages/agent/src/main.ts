import { exitNow } from '@guestwire/posix';
import { AgentError } from './agent-error.js';
import { background } from './daemon/background.js';
import { readCommandLists, readOptions } from './options/options.js';
import { type InheritedSocket, inheritedSocket } from './transport/inherited.js';
import { VERSION } from './version.js';

const OK = 0;
const FAILURE = 1;

/** Runs the daemon, or another action of the command line. Resolves with the exit status. */
async function main(args: readonly string[]): Promise<number> {
  const { env } = process;
  const launched = background(env);
  const given = { ...env };
  let inherited: InheritedSocket | undefined;
  const invocation = readOptions(args, env, {
    complain: (text) => process.stderr.write(`guestd: ${text}\n`),
    inherit() {
      inherited = inheritedSocket(env);
      return inherited;
    },
  });
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
        readCommandLists: () => readCommandLists(args, env, folder),
      });
      try {
        // Node's own `exit` first waits for the threads of its pool, which the system may block on a disk or a FIFO.
        exitNow(status);
      } catch {
        // Without the FFI, the caller ends the process by `exit`.
      }
      return status;
    }
  }
}

/** Writes to standard output. Resolves when it has been written, since exiting does not wait. */
function print(text: string): Promise<void> {
  return new Promise((resolve) => {
    // Ignore EPIPE.
    process.stdout.once('error', () => resolve());
    process.stdout.write(text, () => resolve());
  });
}

// Node would open its debugger; other programs, like qemu-ga, end.
process.once('SIGUSR1', () => process.kill(process.pid, 'SIGUSR1'));

// No top-level await: the single executable is CommonJS.
void main(process.argv.slice(2))
  .catch((error: unknown) => {
    const failure = AgentError.from(error);
    if (failure === undefined) throw error;
    process.stderr.write(`guestd: ${failure.line}\n`);
    return FAILURE;
  })
  .then((status) => process.exit(status));
