import { constants } from 'node:fs';
import { errnoText, openFd } from '@guestwire/posix';
import { AgentError } from '../agent-error.js';
import { within } from '../timer.js';
import { formatters, type LogFormat, type LogLevel, microseconds } from './line.js';
import { LineQueue } from './line-queue.js';
import { FLUSH_TIMEOUT_MS, standardError } from './standard-error.js';
import { createSyslog } from './syslog.js';

/** A start does not wait longer than this for the disk of the log file. */
const OPEN_TIMEOUT_MS = 5_000;

const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;

/** Log of the agent (qemu-ga §8.7). */
export interface Logger {
  debug(text: string): void;
  info(text: string): void;
  warning(text: string): void;
  error(text: string): void;
  critical(text: string): void;
  /** Logs an action requested by a host. It goes to syslog whatever the level. */
  syslog(text: string): void;
  /**
   * Drops everything until {@link Logger.resume}: while filesystems are frozen, nothing may write to them. If a promise is
   * returned, filesystems are frozen after it has resolved.
   */
  suspend(): void | Promise<void>;
  /** Logs again; opens the log file if the agent started frozen. */
  resume(): void;
}

/** Options of {@link createLog}. */
export interface LogOptions {
  /** The file to append to; standard error if absent. */
  readonly file?: string | undefined;
  /** True to log all levels; else only `error` and `critical`. */
  readonly verbose?: boolean;
  /** The format of lines; `text` if absent. */
  readonly format?: LogFormat;
  /**
   * The socket of the machine's syslog, `/dev/log`, for the actions that hosts request, whatever the level. If absent,
   * they are logged at level `info`.
   */
  readonly syslog?: string;
}

/** The log of the daemon. Until its file is opened, lines go to standard error. Disposing flushes it. */
export interface Log extends Logger, AsyncDisposable {
  /**
   * Opens the log file, if one is configured. Must not be called while filesystems are frozen; `resume` opens it later.
   * Resolves after 5 seconds if its disk does not respond: lines then wait in memory.
   *
   * @throws {AgentError} `log-file` if it cannot be opened
   */
  open(): Promise<void>;
  /** Resolves when all lines are written, or after one second. */
  flush(): Promise<void>;
  /** True if lines go to standard error. */
  readonly onStandardError: boolean;
}

/**
 * Returns the log of the daemon. A call returns at once; the lines are written in their order in the thread pool. Up to
 * 4 MiB of them wait for a disk that does not respond. More are lost, as is a line that cannot be written (a full disk, a
 * closed pipe); a later line says how many were lost.
 */
export function createLog(options: LogOptions = {}): Log {
  const format = formatters[options.format ?? 'text'];
  const syslog = options.syslog === undefined ? undefined : createSyslog(options.syslog);
  let suspended = false;
  let output = standardError;

  const report = (lost: number): string => format(microseconds(), 'warning', `${lost} log lines were lost`);
  const write = (level: LogLevel, text: string): void => {
    if (!suspended) output.add(format(microseconds(), level, text), report);
  };
  const flush = async (): Promise<void> => {
    const outputs = new Set([output, standardError]);
    await Promise.all(Array.from(outputs, (queue) => queue.flush(FLUSH_TIMEOUT_MS)));
  };
  /** Sends lines to the file, which is opened meanwhile. Rejects if that fails, and sends them to standard error again. */
  const openFile = async (path: string): Promise<void> => {
    const fd = openLogFile(path);
    const file = new LineQueue(fd);
    output = file;
    try {
      await fd;
    } catch (error) {
      output = standardError;
      for (const line of file.take()) output.add(line, report);
      throw error;
    }
  };
  const warn = (error: unknown): void =>
    write('warning', error instanceof AgentError ? error.message : String(error));
  const verbosely = (level: LogLevel) =>
    options.verbose === true ? (text: string) => write(level, text) : () => {};
  const logged = verbosely('info');

  return {
    error: (text) => write('error', text),
    critical: (text) => write('critical', text),
    warning: verbosely('warning'),
    info: logged,
    debug: verbosely('debug'),
    syslog(text) {
      if (suspended) return;
      if (syslog === undefined) logged(text);
      else syslog.log(text);
    },
    async suspend() {
      syslog?.flush();
      suspended = true;
      await flush();
      // Lines for which there was no time. The log may have been resumed meanwhile.
      if (suspended) for (const queue of [output, standardError]) queue.hold();
    },
    resume() {
      suspended = false;
      for (const queue of [output, standardError]) queue.release();
      if (output === standardError && options.file !== undefined) void openFile(options.file).catch(warn);
    },
    async open() {
      if (output !== standardError || options.file === undefined) return;
      const opening = openFile(options.file);
      const isOpen = await within(
        OPEN_TIMEOUT_MS,
        opening.then(() => true),
      );
      if (isOpen === true) return;
      opening.catch(warn);
      const text = `the disk of the log file ${options.file} does not respond; lines wait in memory`;
      standardError.add(format(microseconds(), 'warning', text), report);
    },
    flush,
    get onStandardError() {
      return output === standardError;
    },
    async [Symbol.asyncDispose]() {
      syslog?.[Symbol.dispose]();
      const file = output;
      output = standardError;
      // While filesystems are frozen, a write would block, and keep the process from ending.
      if (suspended) return;
      const closed = file === standardError ? undefined : file.close(FLUSH_TIMEOUT_MS);
      await Promise.all([closed, standardError.flush(FLUSH_TIMEOUT_MS)]);
    },
  };
}

/** A log that drops all lines; the default of embedding programs. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warning() {},
  error() {},
  critical() {},
  syslog() {},
  suspend() {},
  resume() {},
};

async function openLogFile(path: string): Promise<number> {
  try {
    return await openFd(path, FLAGS, 0o600);
  } catch (error) {
    throw new AgentError('log-file', `unable to open specified log file: ${errnoText(error)}`, {
      advice: `the folder of ${path} must exist and be writable; --logfile names another file`,
      cause: error,
    });
  }
}
