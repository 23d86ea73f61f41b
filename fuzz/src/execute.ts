import process from 'node:process';
import { type FuzzTarget, outcomeOf, timeLimitOf } from './target.js';

/** What is wrong with an input. */
export interface Failure {
  /** The same for failures that probably have the same cause. */
  readonly signature: string;
  readonly message: string;
  readonly stack: string;
}

/** The result of one run of a target. */
export type Outcome =
  | { readonly ok: true; readonly label: string | undefined }
  | { readonly ok: false; readonly failure: Failure };

/** The time of an input is measured again before it is reported: another process may have been running. */
const MEASUREMENTS = 3;

/** Runs one input. A failure is an invariant that does not hold, or too much CPU time. */
export async function execute(target: FuzzTarget, input: Buffer): Promise<Outcome> {
  const started = performance.now();
  const outcome = await runOnce(target, input);
  const limit = timeLimitOf(target, input.length);
  if (!outcome.ok || performance.now() - started <= limit) return outcome;
  const used = await cpuTimeOf(target, input);
  if (used <= limit) return outcome;
  const message = `takes ${Math.round(used)} ms of CPU time for ${input.length} bytes, more than ${Math.round(limit)} ms`;
  return { ok: false, failure: { signature: 'slow', message, stack: '' } };
}

async function runOnce(target: FuzzTarget, input: Buffer): Promise<Outcome> {
  try {
    const result = target.run(input);
    return { ok: true, label: result instanceof Promise ? await result : result };
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}

/** Returns the least CPU time in milliseconds of several runs. */
async function cpuTimeOf(target: FuzzTarget, input: Buffer): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < MEASUREMENTS; i++) {
    const before = process.cpuUsage();
    await runOnce(target, input);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { signature: 'not an error', message: String(error), stack: '' };
  const stack = error.stack ?? '';
  const place = /\n +at (?:async )?(\S+).*?([^/\s(]+:\d+):\d+/.exec(stack);
  const where = place === null ? '' : `${place[1]} ${place[2]}`;
  const [line = ''] = error.message.split('\n');
  return {
    signature: `${error.name} ${outcomeOf(line)} ${where}`,
    message: `${error.name}: ${error.message}`,
    stack,
  };
}
