import type { GuestExecStatus } from '@guestwire/protocol';
import type { GuestCalls } from '../calls.js';
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

const COMMAND = 'guest-exec-status';

function numberOf(value: number | bigint | undefined, what: string): number | undefined {
  return value === undefined ? undefined : countOf(value, COMMAND, what);
}

function resultOf(status: GuestExecStatus): ExecResult {
  return {
    exitCode: numberOf(status.exitcode, 'the exit status'),
    signal: numberOf(status.signal, 'the signal'),
    stdout: bytesOf(status['out-data'], COMMAND),
    stderr: bytesOf(status['err-data'], COMMAND),
    truncated: { stdout: status['out-truncated'] ?? false, stderr: status['err-truncated'] ?? false },
  };
}

/** The first wait is this long, in milliseconds; each wait is a fraction of the time that has gone by. */
const FIRST_WAIT = 2;
const LONGEST_WAIT = 500;
const FRACTION = 8;

/**
 * Waits until a process that `guest-exec` has started is over. It is asked for soon and often at first, and more
 * and more seldom then, so that waiting costs a short process little time and a long one little traffic.
 *
 * The agent tells it once: whoever asks for the same process again learns that there is no such process.
 *
 * @throws {GuestError} `command` if the agent does not know the process; `timeout`, `aborted`, `closed`
 */
export async function processEnd(
  guest: GuestCalls,
  pid: number | bigint,
  { signal, interval }: { readonly signal?: AbortSignal; readonly interval?: number } = {},
): Promise<ExecResult> {
  const start = guest.clock.now();
  for (;;) {
    const status = await guest.call(COMMAND, { pid }, signal === undefined ? {} : { signal });
    if (status.exited) return resultOf(status);
    const waited = guest.clock.now() - start;
    const wait = interval ?? Math.min(Math.max(waited / FRACTION, FIRST_WAIT), LONGEST_WAIT);
    await pause(guest.clock, wait, signal);
  }
}
