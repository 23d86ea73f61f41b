import { createAgent } from './agent.js';
import { AgentError } from './agent-error.js';
import type { Channel } from './channel/channel.js';
import { unixListen } from './channel/unix-listen.js';
import { virtioSerial } from './channel/virtio-serial.js';
import { openLog } from './log/logger.js';
import { HELP } from './options/help.js';
import { type Options, readOptions } from './options/options.js';
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
      return OK;
    case 'unknown-option':
      process.stdout.write("Unknown option, try 'guestd --help' for more information.\n");
      return FAILURE;
    case 'run':
      return await serve(invocation.options);
  }
}

/** Serves hosts until a signal or a broken channel ends it (reference 8.5, 8.9). */
async function serve(options: Options): Promise<number> {
  using log = openLog({ file: options.logfile, verbose: options.verbose });
  log.debug(`Guest agent version ${VERSION} started`);
  const agent = createAgent({
    channel: openChannel(options),
    commands: { allow: options.allow, block: options.block },
    version: options.version,
    log,
  });
  const onSignal = (): void => {
    void agent.stop();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    await agent.start();
  } catch (error) {
    if (options.logfile !== undefined && error instanceof AgentError) log.critical(error.message);
    throw error;
  }
  await agent.stopped;
  return OK;
}

function openChannel({ method, path }: Options): Channel {
  switch (method) {
    case 'unix-listen':
      return unixListen(path, { keepSocket: true });
    case 'virtio-serial':
      return virtioSerial(path);
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof AgentError)) throw error;
  process.stderr.write(`guestd: ${error.line}\n`);
  process.exitCode = FAILURE;
}
process.exit();
