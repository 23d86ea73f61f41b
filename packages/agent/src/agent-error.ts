import { FfiUnavailableError } from '@guestwire/posix';

/**
 * Code of an {@link AgentError}:
 * - `option`: the command line is invalid;
 * - `config`: the configuration file is missing, unreadable or invalid;
 * - `policy`: the policy file is missing, unreadable, not protected or invalid;
 * - `audit-log`, `log-file`, `pid-file`, `state`, `transport`: it could not be opened, or failed later;
 * - `daemon`: the agent cannot run in the background;
 * - `module`: a command module cannot be registered;
 * - `addon`: the native part of a single executable cannot be loaded.
 */
export type AgentErrorCode =
  | 'option'
  | 'config'
  | 'policy'
  | 'audit-log'
  | 'log-file'
  | 'pid-file'
  | 'state'
  | 'transport'
  | 'daemon'
  | 'module'
  | 'addon';

/** An error of the agent itself. A host never receives it. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: AgentErrorCode;
  /** What an operator can do; absent if the message is enough. */
  readonly advice: string | undefined;

  constructor(
    code: AgentErrorCode,
    message: string,
    options: { advice?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.advice = options.advice;
  }

  /** Returns an error for the operator as an `AgentError`; undefined for an internal error. */
  static from(error: unknown): AgentError | undefined {
    if (!(error instanceof FfiUnavailableError)) return error instanceof AgentError ? error : undefined;
    return new AgentError('addon', error.message, { advice: error.advice, cause: error });
  }

  /** Message and advice in one line. */
  get line(): string {
    return this.advice === undefined ? this.message : `${this.message} (${this.advice})`;
  }
}
