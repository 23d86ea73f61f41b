import { closeSync, openSync, writeSync } from 'node:fs';
import { errnoText } from '@guestwire/posix';
import { AgentError } from '../agent-error.js';
import { formatters, type LogFormat, type LogLevel, microseconds } from './line.js';
import { createSyslog } from './syslog.js';

/** Log of the agent (qemu-ga §8.7). */
export interface Logger {
  debug(text: string): void;
  info(text: string): void;
  warning(text: string): void;
  error(text: string): void;
  critical(text: string): void;
  /** Logs an action requested by a host. It goes to syslog whatever the level. */
  syslog(text: string): void;
  /** Drops everything until {@link Logger.resume}: while filesystems are frozen, nothing may write to them. */
  suspend(): void;
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

/** The log of the daemon. Until its file is opened, lines go to standard error. */
export interface Log extends Logger, Disposable {
  /**
   * Opens the log file, if one is configured. Must not be called while filesystems are frozen; `resume` opens it later.
   *
   * @throws {AgentError} `log-file` if it cannot be opened
   */
  open(): void;
  /** True if lines go to standard error. */
  readonly onStandardError: boolean;
}

const STDERR = 2;

/**
 * Returns the log of the daemon. A line has been written when a call returns; a line that cannot be written (a full disk,
 * a closed pipe) is lost.
 */
export function createLog(options: LogOptions = {}): Log {
  const format = formatters[options.format ?? 'text'];
  const syslog = options.syslog === undefined ? undefined : createSyslog(options.syslog);
  let suspended = false;
  let fd = STDERR;

  const open = (): void => {
    if (fd === STDERR && options.file !== undefined) fd = openLogFile(options.file);
  };
  const write = (level: LogLevel, text: string): void => {
    if (suspended) return;
    try {
      writeSync(fd, format(microseconds(), level, text));
    } catch {
      // There is no other place to report it.
    }
  };
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
    suspend() {
      syslog?.flush();
      suspended = true;
    },
    resume() {
      suspended = false;
      try {
        open();
      } catch (error) {
        write('warning', error instanceof AgentError ? error.message : String(error));
      }
    },
    open,
    get onStandardError() {
      return fd === STDERR;
    },
    [Symbol.dispose]() {
      syslog?.[Symbol.dispose]();
      if (fd !== STDERR) closeSync(fd);
      fd = STDERR;
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

function openLogFile(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (error) {
    throw new AgentError('log-file', `unable to open specified log file: ${errnoText(error)}`, {
      advice: `the folder of ${path} must exist and be writable; --logfile names another file`,
      cause: error,
    });
  }
}
