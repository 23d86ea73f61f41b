import { execFile } from 'node:child_process';
import process from 'node:process';

/** What came of a run of virsh. */
export interface VirshRun {
  /** False if there is no such program. */
  readonly found: boolean;
  readonly ok: boolean;
  readonly out: string;
  /** What it said is wrong. */
  readonly reason: string;
}

/** The XML of a machine is far shorter. */
const LONGEST_OUTPUT = 4 * 2 ** 20;

/** Runs virsh, which speaks English then. */
export function virsh(
  uri: string | undefined,
  args: readonly string[],
  signal: AbortSignal,
): Promise<VirshRun> {
  return new Promise((resolve) => {
    execFile(
      'virsh',
      ['-q', ...(uri === undefined ? [] : ['-c', uri]), ...args],
      { signal, maxBuffer: LONGEST_OUTPUT, env: { ...process.env, LC_ALL: 'C' } },
      (error, out, err) => {
        resolve({
          found: error === null || !('code' in error) || error.code !== 'ENOENT',
          ok: error === null,
          out,
          reason:
            err
              .trim()
              .replace(/^error: /gm, '')
              .replaceAll('\n', '; ') ||
            (error?.message ?? ''),
        });
      },
    );
  });
}
