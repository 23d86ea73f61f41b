import type { GuestExecStatus } from '@guestwire/protocol';
import type { Guest } from '../guest.js';
import { pause } from '../pause.js';
import { bytesOf, countOf } from '../reply-values.js';

/** How a process in the guest ended, and what it wrote. */
export interface ExecResult {
  /** Its exit status; `undefined` if a signal killed it. */
  readonly exitCode: number | undefined;
  /** Number of the signal that killed it, in the guest's counting; `undefined` if it ended by itself. */
  readonly signal: number | undefined;
  /** What it wrote to standard output, as far as that was captured. It comes from the guest: do not trust it. */
  readonly stdout: Buffer;
  /** What it wrote to standard error, as far as that was captured. */
  readonly stderr: Buffer;
  /** True where it wrote more than the agent keeps, 16 MiB each (qemu-ga §5.8). */
  readonly truncated: { readonly stdout: boolean; readonly stderr: boolean };
}

const command = 'guest-exec-status';

const numberOf = (value: number | bigint | undefined, what: string): number | undefined =>
  value === undefined ? undefined : countOf(value, command, what);

const resultOf = (status: GuestExecStatus): ExecResult => ({
  exitCode: numberOf(status.exitcode, 'the exit status'),
  signal: numberOf(status.signal, 'the signal'),
  stdout: bytesOf(status['out-data'], command),
  stderr: bytesOf(status['err-data'], command),
  truncated: { stdout: status['out-truncated'] ?? false, stderr: status['err-truncated'] ?? false },
});

/** The first wait is this long, in milliseconds; each wait is a fraction of the time that has gone by. */
const firstWait = 2;
const longestWait = 500;
const fraction = 8;

/**
 * Waits until a process that `guest-exec` has started is over. It is asked for soon and often at first, and more
 * and more seldom then, so that waiting costs a short process little time and a long one little traffic.
 *
 * The agent tells it once: whoever asks for the same process again learns that there is no such process.
 *
 * @throws {GuestError} `command` if the agent does not know the process; `timeout`, `aborted`, `closed`
 */
export const processEnd = async (
  guest: Guest,
  pid: number | bigint,
  { signal, interval }: { readonly signal?: AbortSignal; readonly interval?: number } = {},
): Promise<ExecResult> => {
  const start = guest.clock.now();
  for (;;) {
    const status = await guest.call(command, { pid }, signal === undefined ? {} : { signal });
    if (status.exited) return resultOf(status);
    const waited = guest.clock.now() - start;
    const wait = interval ?? Math.min(Math.max(waited / fraction, firstWait), longestWait);
    await pause(guest.clock, wait, signal);
  }
};
