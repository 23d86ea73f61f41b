import { resolve } from 'node:path';
import { createAgent } from '../agent.js';
import { AgentError, type AgentErrorCode } from '../agent-error.js';
import type { LogFormat } from '../log/line.js';
import { createLog, type Log } from '../log/logger.js';
import type { Options } from '../options/options.js';
import type { CommandLists } from '../rpc/command-filter.js';
import type { InheritedSocket } from '../transport/inherited.js';
import { transportFor } from '../transport/methods.js';
import { VERSION } from '../version.js';
import type { Background } from './background.js';
import { collectGarbage } from './collect-garbage.js';
import { createNotifier } from './notifier.js';
import { type PidFile, writePidFile } from './pid-file.js';

const OK = 0;
const FAILURE = 1;

export interface DaemonServices {
  /** This process's environment; variables for the daemon only are removed from it. */
  readonly env: Record<string, string | undefined>;
  readonly inherited: InheritedSocket | undefined;
  /** Present if the daemon is to detach once it is ready. */
  readonly background: Background | undefined;
  /** Reads the lists of commands again. @throws {AgentError} */
  readonly readCommandLists: () => CommandLists;
}

/**
 * Serves hosts until a signal or a broken transport ends it (qemu-ga §8.5, §8.6, §8.9).
 * @returns the exit status; a failure has been reported
 */
export async function serve(
  given: Options,
  { env, inherited, background, readCommandLists }: DaemonServices,
): Promise<number> {
  const options = background === undefined ? given : withAbsolutePaths(given);
  using log = createLog({
    file: options.logfile,
    verbose: options.verbose,
    format: options.logFormat,
    syslog: `${options.systemRoot}/dev/log`,
  });
  using notifier = createNotifier(env);
  let pidFile: PidFile | undefined;
  let serving = false;

  /** Writes the pid file of a daemon that has started frozen. */
  const writeDeferredPidFile = (): void => {
    if (background === undefined || pidFile !== undefined) return;
    try {
      pidFile = writePidFile(options.pidfile);
    } catch (error) {
      log.warning(error instanceof AgentError ? error.line : String(error));
    }
  };
  const onFrozen = (frozen: boolean): void => {
    if (serving) {
      notifier.status(statusOf(options, frozen));
      if (!frozen) writeDeferredPidFile();
      return;
    }
    log.debug(`Guest agent version ${VERSION} started`);
    if (!frozen) log.open();
  };

  try {
    await using agent = await createAgent({
      ...options,
      transport: transportFor(options.method, options.path, {
        inherited,
        retry: options.retryPath ? log : undefined,
      }),
      releaseMemory: collectGarbage,
      env,
      log,
      onFrozen,
    });
    process.on('SIGHUP', () => {
      notifier.reloading();
      try {
        agent.reconfigure(readCommandLists());
        log.info('reloaded the lists of allowed and blocked commands');
      } catch (error) {
        if (!(error instanceof AgentError)) throw error;
        log.error(`cannot reload the lists of allowed and blocked commands: ${error.line}`);
      }
      notifier.ready();
    });
    // Not while filesystems are frozen (qemu-ga §8.9).
    const end = (_name: string, signal: number): void => {
      if (agent.frozen) return;
      log.debug(`received signal num ${signal}, quitting`);
      notifier.stopping();
      void agent.stop();
    };
    process.on('SIGINT', end).on('SIGTERM', end);
    // Before the transport is opened: a second daemon must not replace the first one's socket.
    if (background !== undefined && !agent.frozen) pidFile = writePidFile(options.pidfile);
    await agent.start();
    background?.detach();
    serving = true;
    notifier.status(statusOf(options, agent.frozen));
    notifier.ready();
    const broken = await agent.stopped;
    if (broken !== undefined) notifier.stopping();
    // Removing a file from a frozen filesystem blocks.
    if (!agent.frozen) pidFile?.[Symbol.dispose]();
    return OK;
  } catch (error) {
    pidFile?.[Symbol.dispose]();
    if (!(error instanceof AgentError)) throw error;
    reportStartFailure(error, log, options.logFormat);
    return FAILURE;
  }
}

function statusOf({ path, method }: Options, frozen: boolean): string {
  return frozen ? 'Filesystems are frozen' : `Serving the host on ${path === '' ? method : path}`;
}

/** Makes relative paths absolute, since a daemon changes its working directory. */
function withAbsolutePaths(options: Options): Options {
  const { logfile, method, path, pidfile, statedir } = options;
  return {
    ...options,
    // The address of a vsock and an empty text are no paths.
    path: method === 'vsock-listen' || path === '' ? path : resolve(path),
    pidfile: resolve(pidfile),
    logfile: logfile === undefined ? undefined : resolve(logfile),
    statedir: resolve(statedir),
  };
}

/** What qemu-ga logs after the reason (qemu-ga §8.5). */
const CONSEQUENCES: { readonly [Code in AgentErrorCode]?: readonly string[] } = {
  state: ['failed to load persistent state'],
  transport: ['failed to create guest agent channel', 'failed to initialize guest agent channel'],
};

const FAILED = 'error initializing guest agent';

/**
 * Reports why the agent cannot start: in the log file with the lines of qemu-ga, and on standard error in one line with
 * advice, whatever the log options.
 */
function reportStartFailure(error: AgentError, log: Log, format: LogFormat): void {
  if (!log.onStandardError) {
    const consequences = error.code === 'pid-file' ? [] : [...(CONSEQUENCES[error.code] ?? []), FAILED];
    for (const text of [error.message, ...consequences]) log.critical(text);
  }
  using standardError = createLog({ format });
  standardError.critical(`${FAILED}: ${error.line}`);
}
