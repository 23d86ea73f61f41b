import type { CallOptions, Guest, Target, Transport } from '@guestwire/client';
import { formatError } from '../exit-status.js';

/** The target under examination, and the connections that the checks have opened. */
export interface DoctorContext {
  readonly target: Target;
  /** Options of each check. */
  readonly options: CallOptions & { readonly timeout: number; readonly signal: AbortSignal };
  transport: Transport | undefined;
  guest: Guest | undefined;
}

/** What a check found. */
export interface Finding {
  /** `note`: unusual, but possibly intended. */
  readonly outcome: 'ok' | 'note' | 'failed';
  readonly text: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** The result of a check, as `--json` prints it. */
export interface CheckResult {
  readonly name: string;
  readonly outcome: Finding['outcome'] | 'skipped';
  readonly text: string;
  readonly remedy?: string;
}

/** A check of one part of the connection; later checks depend on it. */
export interface Check {
  readonly name: string;
  run(context: DoctorContext): Promise<Finding>;
}

export function ok(text: string): Finding {
  return { outcome: 'ok', text };
}

export function note(text: string, remedy?: string): Finding {
  return { outcome: 'note', text, ...(remedy !== undefined && { remedy }) };
}

export function failed(text: string, remedy: string): Finding {
  return { outcome: 'failed', text, remedy };
}

/** Returns a signal for the timeout of one check. */
export function checkSignal({ options: { timeout, signal } }: DoctorContext): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(Math.min(timeout, 2 ** 31 - 1))]);
}

/** Runs checks in order; after a failure the rest is skipped. */
export async function runChecks(checks: readonly Check[], context: DoctorContext): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  let failure: string | undefined;
  for (const check of checks) {
    const { name } = check;
    if (failure !== undefined) {
      results.push({ name, outcome: 'skipped', text: `because ${failure} failed` });
      continue;
    }
    let finding: Finding;
    try {
      finding = await check.run(context);
    } catch (error) {
      context.options.signal.throwIfAborted();
      finding = { outcome: 'failed', text: formatError(error) };
    }
    if (finding.outcome === 'failed') failure = name;
    results.push({ name, ...finding });
  }
  return results;
}
