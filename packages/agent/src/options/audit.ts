import { isAbsolute } from 'node:path';
import { AgentError } from '../agent-error.js';
import { AUDIT_FAILURES, type AuditFailure } from '../audit/failure.js';
import type { SettingKey, Settings } from './settings.js';

/** The options of the audit log, checked, with defaults. */
export interface AuditSettings {
  /** Absolute path; absent for no file. */
  readonly file: string | undefined;
  readonly journal: boolean;
  readonly failure: AuditFailure;
}

/**
 * Checks `audit-log`, which is `journald`, a path, or `journald,PATH`, and `audit-failure`.
 * @param origin returns the source of a setting for error messages
 * @returns nothing if the audit log is off
 * @throws {AgentError} `option`
 */
export function auditSettings(
  settings: Settings,
  origin: (key: SettingKey) => string,
): { readonly audit?: AuditSettings } {
  const failure = failureOf(settings, origin);
  const target = settings['audit-log'];
  if (target === undefined) return {};
  const [, journal, path = ''] = /^(journald(?:,(?=.)|$))?(.*)$/s.exec(target) ?? [];
  if (target === '' || (path !== '' && !isAbsolute(path))) {
    throw new AgentError('option', `audit-log takes an absolute path, journald, or both, not '${target}'`, {
      advice: `${origin('audit-log')}; both are journald,/var/log/guestd/audit.log`,
    });
  }
  return { audit: { file: path === '' ? undefined : path, journal: journal !== undefined, failure } };
}

function failureOf(settings: Settings, origin: (key: SettingKey) => string): AuditFailure {
  const { 'audit-failure': text = 'continue' } = settings;
  const failure = AUDIT_FAILURES.find((name) => name === text);
  if (failure !== undefined) return failure;
  throw new AgentError('option', `audit-failure takes ${AUDIT_FAILURES.join(' or ')}, not '${text}'`, {
    advice: origin('audit-failure'),
  });
}
