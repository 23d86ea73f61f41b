/** What happens to commands while the audit log cannot be written; the first is the default. */
export const AUDIT_FAILURES = ['continue', 'refuse'] as const;
export type AuditFailure = (typeof AUDIT_FAILURES)[number];
