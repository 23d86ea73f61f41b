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
export interface CheckResult extends Omit<Finding, 'outcome'> {
  readonly name: string;
  readonly outcome: Finding['outcome'] | 'skipped';
}

/** Checks of one part of the connection each, by name. Later checks depend on earlier ones. */
export type Checks = Readonly<Record<string, (context: DoctorContext) => Promise<Finding>>>;

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
export async function runChecks(checks: Checks, context: DoctorContext): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  let failure: string | undefined;
  for (const [name, check] of Object.entries(checks)) {
    if (failure !== undefined) {
      results.push({ name, outcome: 'skipped', text: `because ${failure} failed` });
      continue;
    }
    let finding: Finding;
    try {
      finding = await check(context);
    } catch (error) {
      context.options.signal.throwIfAborted();
      finding = { outcome: 'failed', text: formatError(error) };
    }
    if (finding.outcome === 'failed') failure = name;
    results.push({ name, ...finding });
  }
  return results;
}
