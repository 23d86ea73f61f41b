import { connect, type ExecResult } from '@guestwire/client';

/** Options of {@link execMany}. */
export interface ExecManyOptions {
  /** The number of guests in which the program runs at the same time; 8 if absent. */
  readonly concurrency?: number;
  /** Milliseconds until the program is terminated in a guest; 30 000 if absent. */
  readonly timeout?: number;
}

/** What happened in one guest: `result` or `error`. */
export type Outcome =
  | { readonly target: string; readonly result: ExecResult }
  | { readonly target: string; readonly error: Error };

/** Runs a program in every guest and returns the outcomes in the order of the targets. Never rejects. */
export async function execMany(
  targets: readonly string[],
  [program, ...args]: readonly [string, ...string[]],
  { concurrency = 8, timeout = 30_000 }: ExecManyOptions = {},
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const queue = targets.entries();
  async function work(): Promise<void> {
    // All workers take from the same iterator.
    for (const [index, target] of queue) {
      try {
        await using guest = await connect(target, { timeout: 5000 });
        outcomes[index] = { target, result: await guest.exec(program, args, { timeout }) };
      } catch (error) {
        outcomes[index] = { target, error: error instanceof Error ? error : new Error(String(error)) };
      }
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work));
  return outcomes;
}

/** Returns whether the program ran in this guest and exited with status 0. */
export function isSuccess(outcome: Outcome): boolean {
  return 'result' in outcome && outcome.result.exitCode === 0;
}

/** Returns one line about a guest. Output of a guest is untrusted: control characters are replaced. */
export function formatOutcome(outcome: Outcome, width: number): string {
  let text: string;
  if ('error' in outcome) text = `error: ${outcome.error.message}`;
  else {
    const { exitCode, signal, stdout, stderr } = outcome.result;
    if (exitCode === 0) text = String(stdout);
    else text = `${exitCode === undefined ? `signal ${signal}` : `exit status ${exitCode}`}: ${stderr}`;
  }
  const line = text.trimEnd().replaceAll(/\p{Cc}/gu, ' ');
  return `${outcome.target.padEnd(width)}  ${line}`;
}
