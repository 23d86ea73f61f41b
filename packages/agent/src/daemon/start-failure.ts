import type { AgentError, AgentErrorCode } from '../agent-error.js';
import type { LogFormat } from '../log/line.js';
import { createLog, type Log } from '../log/logger.js';

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
export function reportStartFailure(error: AgentError, log: Log, format: LogFormat): void {
  if (!log.onStandardError) {
    const consequences = error.code === 'pid-file' ? [] : [...(CONSEQUENCES[error.code] ?? []), FAILED];
    for (const text of [error.message, ...consequences]) log.critical(text);
  }
  using standardError = createLog({ format });
  standardError.critical(`${FAILED}: ${error.line}`);
}
