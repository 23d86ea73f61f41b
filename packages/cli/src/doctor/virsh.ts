import { execFile } from 'node:child_process';
import process from 'node:process';

/** The result of a run of virsh. */
export interface VirshRun {
  /** False if virsh is not installed. */
  readonly found: boolean;
  readonly ok: boolean;
  readonly out: string;
  /** The error message. */
  readonly reason: string;
}

const MAX_OUTPUT_BYTES = 4 * 2 ** 20;

/** Runs virsh with messages in English. */
export function virsh(
  uri: string | undefined,
  args: readonly string[],
  signal: AbortSignal,
): Promise<VirshRun> {
  return new Promise((resolve) => {
    execFile(
      'virsh',
      ['-q', ...(uri === undefined ? [] : ['-c', uri]), ...args],
      { signal, maxBuffer: MAX_OUTPUT_BYTES, env: { ...process.env, LC_ALL: 'C' } },
      (error, out, err) => {
        const message = err
          .trim()
          .replace(/^error: /gm, '')
          .replaceAll('\n', '; ');
        resolve({
          found: error === null || !('code' in error) || error.code !== 'ENOENT',
          ok: error === null,
          out,
          reason: message || (error?.message ?? ''),
        });
      },
    );
  });
}
