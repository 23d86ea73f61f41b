import { FfiUnavailableError } from '@guestwire/posix';

/**
 * What went wrong, for a program to decide by:
 * - `option`: the command line cannot be understood;
 * - `config`: the configuration file is missing, unreadable or wrong;
 * - `log-file`, `pid-file`, `state`, `transport`: one of these could not be opened, or failed later;
 * - `daemon`: the agent cannot go into the background;
 * - `module`: a command module cannot be registered;
 * - `addon`: the native part of a single executable cannot be loaded.
 */
export type AgentErrorCode =
  | 'option'
  | 'config'
  | 'log-file'
  | 'pid-file'
  | 'state'
  | 'transport'
  | 'daemon'
  | 'module'
  | 'addon';

/** The one error class of the agent's own. What a host sees is a `CommandError`, never this. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: AgentErrorCode;
  /** What an operator can do about it; absent if the message says it all. */
  readonly advice: string | undefined;

  constructor(code: AgentErrorCode, message: string, options: { advice?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.advice = options.advice;
  }

  /** Returns an error for the operator as an `AgentError`; undefined for a mistake in the program. */
  static from(error: unknown): AgentError | undefined {
    if (!(error instanceof FfiUnavailableError)) return error instanceof AgentError ? error : undefined;
    return new AgentError('addon', error.message, { advice: error.advice, cause: error });
  }

  /** Message and advice in one line. */
  get line(): string {
    return this.advice === undefined ? this.message : `${this.message} (${this.advice})`;
  }
}
