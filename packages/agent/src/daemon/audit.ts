import type { AuditLog } from '../audit/audit-log.js';
import type { Logger } from '../log/logger.js';
import type { Options } from '../options/options.js';
import { within } from '../timer.js';

/** The socket of the native protocol of systemd's journal. */
const JOURNAL_SOCKET = '/run/systemd/journal/socket';

/** A disk that does not respond must not block the end of the daemon, which has 20 seconds for all its steps. */
const CLOSE_TIMEOUT_MS = 1500;

/** Returns the audit log of the options; undefined if it is off. Its code is loaded only if it is on. */
export async function createAudit(options: Options, log: Logger): Promise<AuditLog | undefined> {
  const { audit, method, systemRoot } = options;
  if (audit === undefined) return undefined;
  const { AuditLog } = await import('../audit/audit-log.js');
  return new AuditLog({
    ...audit,
    journal: audit.journal ? `${systemRoot}${JOURNAL_SOCKET}` : undefined,
    channel: method,
    log,
  });
}

/** Writes the entries that wait, within a limit. */
export async function closeAudit(audit: Pick<AuditLog, 'close'> | undefined): Promise<void> {
  if (audit !== undefined) await within(CLOSE_TIMEOUT_MS, audit.close());
}
