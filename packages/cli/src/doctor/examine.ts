import { mistakeOf } from '../mistake.js';

/** What a check found. */
export interface Finding {
  /** `note`: it is not as it usually is, which may be on purpose. */
  readonly outcome: 'ok' | 'note' | 'failed';
  readonly text: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** A check, and what came of it. */
export interface Check {
  readonly name: string;
  readonly outcome: Finding['outcome'] | 'skipped';
  readonly text: string;
  readonly remedy?: string;
}

/** One look at the way to an agent; those behind it count on it. */
export interface Step<S> {
  readonly name: string;
  look(state: S): Promise<Finding>;
}

export function ok(text: string): Finding {
  return { outcome: 'ok', text };
}
export function note(text: string, remedy?: string): Finding {
  return {
    outcome: 'note',
    text,
    ...(remedy !== undefined && { remedy }),
  };
}
export function failed(text: string, remedy: string): Finding {
  return { outcome: 'failed', text, remedy };
}

/** Takes one step after the other. What stands behind one that failed is skipped: its answer would mean nothing. */
export async function examine<S>(steps: readonly Step<S>[], state: S, signal: AbortSignal): Promise<Check[]> {
  const checks: Check[] = [];
  let broken: string | undefined;
  for (const step of steps) {
    if (broken !== undefined) {
      checks.push({ name: step.name, outcome: 'skipped', text: `since the ${broken} failed` });
      continue;
    }
    let finding: Finding;
    try {
      finding = await step.look(state);
    } catch (error) {
      signal.throwIfAborted();
      finding = { outcome: 'failed', text: mistakeOf(error) };
    }
    if (finding.outcome === 'failed') broken = step.name;
    checks.push({ name: step.name, ...finding });
  }
  return checks;
}
