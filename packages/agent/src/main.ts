import { commands } from '@guestwire/protocol';
import { createAgent } from './agent.js';
import { AgentError } from './agent-error.js';
import { type InheritedSocket, inheritedSocket } from './channel/inherited.js';
import { channelFor } from './channel/methods.js';
import { collectGarbage } from './collect-garbage.js';
import { createLog } from './log/logger.js';
import { HELP } from './options/help.js';
import { type Options, readOptions } from './options/options.js';
import { inRegistrationOrder } from './registry.js';
import { VERSION } from './version.js';

const OK = 0;
const FAILURE = 1;

/** Runs the daemon, or does what else the command line asks for. Settles when there is an exit status. */
async function main(args: readonly string[]): Promise<number> {
  const invocation = readOptions(args, process.env, (text) => process.stderr.write(`guestd: ${text}\n`));
  switch (invocation.kind) {
    case 'help':
      process.stdout.write(HELP);
      return OK;
    case 'version':
      process.stdout.write(`QEMU Guest Agent ${VERSION} (Guestwire)\n`);
      return OK;
    case 'list-commands':
      for (const name of Object.keys(commands).sort(inRegistrationOrder)) process.stdout.write(`${name}\n`);
      return OK;
    case 'unknown-option':
      process.stdout.write("Unknown option, try 'guestd --help' for more information.\n");
      return FAILURE;
    case 'run':
      return await serve(invocation.options, inheritedSocket(process.env));
  }
}

/** Serves hosts until a signal or a broken channel ends it (reference 8.5, 8.9). */
async function serve(options: Options, inherited: InheritedSocket | undefined): Promise<number> {
  using log = createLog({ file: options.logfile, verbose: options.verbose });
  try {
    await using agent = await createAgent({
      channel: channelFor(options.method, options.path, { inherited }),
      commands: { allow: options.allow, block: options.block },
      statedir: options.statedir,
      freezeTimeout: options.freezeTimeout,
      version: options.version,
      systemRoot: options.systemRoot,
      releaseMemory: collectGarbage,
      log,
    });
    log.debug(`Guest agent version ${VERSION} started`);
    if (!agent.frozen) log.open();
    const end = (): void => {
      if (!agent.frozen) void agent.stop();
    };
    process.on('SIGINT', end);
    process.on('SIGTERM', end);
    await agent.start();
    await agent.stopped;
    return OK;
  } catch (error) {
    // Standard error gets it anyway, together with what to do.
    if (!log.onStandardError && error instanceof AgentError) log.critical(error.message);
    throw error;
  }
}

// No top-level await: the single executable is CommonJS.
void main(process.argv.slice(2))
  .catch((error: unknown) => {
    if (!(error instanceof AgentError)) throw error;
    process.stderr.write(`guestd: ${error.line}\n`);
    return FAILURE;
  })
  .then((status) => process.exit(status));
