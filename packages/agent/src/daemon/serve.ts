import { resolve } from 'node:path';
import { checkFfi } from '@guestwire/posix';
import { createAgent } from '../agent.js';
import { AgentError, type AgentErrorCode } from '../agent-error.js';
import { checkDescriptorLimit } from '../descriptor-limit.js';
import type { LogFormat } from '../log/line.js';
import { createLog, type Log } from '../log/logger.js';
import type { Access } from '../options/access.js';
import type { Options } from '../options/options.js';
import type { InheritedSocket } from '../transport/inherited.js';
import { transportFor } from '../transport/methods.js';
import { VERSION } from '../version.js';
import { closeAudit, createAudit } from './audit.js';
import type { Background } from './background.js';
import { IdleMemory } from './idle-memory.js';
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
  /** Reads the lists of commands and the policy again. @throws {AgentError} */
  readonly rereadAccess: () => Access;
}

/**
 * Serves hosts until a signal or a broken transport ends it (qemu-ga §8.5, §8.6, §8.9).
 * @returns the exit status; a failure has been reported
 */
export async function serve(
  given: Options,
  { env, inherited, background, rereadAccess }: DaemonServices,
): Promise<number> {
  const options = background === undefined ? given : withAbsolutePaths(given);
  await using log = createLog({
    file: options.logfile,
    verbose: options.verbose,
    format: options.logFormat,
    syslog: `${options.systemRoot}/dev/log`,
  });
  using notifier = createNotifier(env);
  const audit = await createAudit(options, log);
  let pidFile: PidFile | undefined;
  let serving = false;

  let writing: Promise<void> | undefined;

  /** Writes the pid file of a daemon that has started frozen. */
  const writeDeferredPidFile = (): Promise<void> => {
    writing ??= (async () => {
      if (background === undefined || pidFile !== undefined) return;
      try {
        pidFile = await writePidFile(options.pidfile);
      } catch (error) {
        log.warning(error instanceof AgentError ? error.line : String(error));
      }
    })().finally(() => {
      writing = undefined;
    });
    return writing;
  };
  const onFrozen = async (frozen: boolean): Promise<void> => {
    if (serving) {
      audit?.setFrozen(frozen);
      notifier.status(statusOf(options, frozen));
      if (!frozen) await writeDeferredPidFile();
      return;
    }
    log.debug(`Guest agent version ${VERSION} started`);
    if (frozen) return;
    await log.open();
    await audit?.open();
  };

  try {
    // Not later: without system calls, some commands would fail and others only work half.
    checkFfi();
    checkDescriptorLimit();
    const memory = new IdleMemory();
    await using agent = await createAgent({
      ...options,
      transport: transportFor(options.method, options.path, {
        inherited,
        retry: options.retryPath ? log : undefined,
        vsockPeers: options.vsockPeers,
        socketUsers: options.socketUsers,
        socketMode: options.socketMode,
        log,
      }),
      memory,
      env,
      log,
      onFrozen,
      observer: audit,
    });
    process.on('SIGHUP', () => {
      notifier.reloading();
      audit?.reopen();
      try {
        const { commands, policy } = rereadAccess();
        agent.reconfigure(commands, policy ?? null);
        log.info('reloaded the lists of allowed and blocked commands, and the policy');
      } catch (error) {
        if (!(error instanceof AgentError)) throw error;
        log.error(`cannot reload the lists of allowed and blocked commands, and the policy: ${error.line}`);
      }
      notifier.ready();
    });
    // A service manager stops the agent for good: nobody else would thaw. Otherwise not while frozen (qemu-ga §8.9).
    const thawsOnStop = options.thawOnStop || env['INVOCATION_ID'] !== undefined;
    const end = (_name: string, signal: number): void => {
      if (agent.freezeState === 'frozen' && !thawsOnStop) return;
      log.debug(`received signal num ${signal}, quitting`);
      notifier.stopping();
      void agent.stop();
    };
    process.on('SIGINT', end).on('SIGTERM', end);
    // Before the transport is opened: a second daemon must not replace the first one's socket.
    if (background !== undefined && !agent.frozen) pidFile = await writePidFile(options.pidfile);
    await agent.start();
    // It may have thawed for the transport.
    if (!agent.frozen) await writeDeferredPidFile();
    // Standard error is /dev/null afterwards.
    if (background !== undefined) await log.flush();
    background?.detach();
    serving = true;
    memory.answered();
    notifier.status(statusOf(options, agent.frozen));
    notifier.ready();
    const broken = await agent.stopped;
    if (broken !== undefined) notifier.stopping();
    // Writing to a frozen filesystem blocks.
    if (!agent.frozen) await closeAudit(audit);
    if (!agent.frozen) await pidFile?.[Symbol.asyncDispose]();
    return OK;
  } catch (error) {
    await pidFile?.[Symbol.asyncDispose]();
    const failure = AgentError.from(error);
    if (failure === undefined) throw error;
    await reportStartFailure(failure, log, options.logFormat);
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
async function reportStartFailure(error: AgentError, log: Log, format: LogFormat): Promise<void> {
  if (!log.onStandardError) {
    const consequences = error.code === 'pid-file' ? [] : [...(CONSEQUENCES[error.code] ?? []), FAILED];
    for (const text of [error.message, ...consequences]) log.critical(text);
  }
  await using standardError = createLog({ format });
  standardError.critical(`${FAILED}: ${error.line}`);
}
