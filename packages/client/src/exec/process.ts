import type { GuestExecStatus } from '@guestwire/protocol/contract';
import type { GuestCalls } from '../calls.js';
import { bytesOf, countOf } from '../reply-values.js';
import { pause } from '../time.js';

/** The process id that `guest-exec` returns. */
export type Pid = number | bigint;

/** How a process in the guest ended, and its output. */
export interface ExecResult {
  /** The exit status; `undefined` if a signal killed the process. */
  readonly exitCode: number | undefined;
  /** The number of the signal that killed it, in the guest's numbering; `undefined` if it exited. */
  readonly signal: number | undefined;
  /** Its standard output, as far as that was captured. It comes from the guest: do not trust it. */
  readonly stdout: Buffer;
  /** Its standard error, as far as that was captured. */
  readonly stderr: Buffer;
  /** True where it wrote more than the agent keeps, 16 MiB each (qemu-ga §5.8). */
  readonly truncated: { readonly stdout: boolean; readonly stderr: boolean };
}

const COMMAND = 'guest-exec-status';

function resultOf(status: GuestExecStatus): ExecResult {
  const count = (value: number | bigint | undefined, what: string): number | undefined =>
    value === undefined ? undefined : countOf(value, COMMAND, what);
  return {
    exitCode: count(status.exitcode, 'the exit status'),
    signal: count(status.signal, 'the signal'),
    stdout: bytesOf(status['out-data'], COMMAND),
    stderr: bytesOf(status['err-data'], COMMAND),
    truncated: { stdout: status['out-truncated'] ?? false, stderr: status['err-truncated'] ?? false },
  };
}

const MIN_POLL_INTERVAL_MS = 2;
const MAX_POLL_INTERVAL_MS = 500;
/** Each poll interval is this fraction of the time that has passed. */
const POLL_BACKOFF_DIVISOR = 8;

/**
 * Polls until a process that `guest-exec` has started exits, which the agent reports once. The interval grows with the
 * time that has passed: a short process is noticed soon, and a long one causes little traffic.
 */
export async function waitForExit(guest: GuestCalls, pid: Pid, signal: AbortSignal): Promise<ExecResult> {
  const start = guest.clock.now();
  for (;;) {
    const status = await guest.call(COMMAND, { pid }, { signal });
    if (status.exited) return resultOf(status);
    const interval = Math.max((guest.clock.now() - start) / POLL_BACKOFF_DIVISOR, MIN_POLL_INTERVAL_MS);
    await pause(guest.clock, Math.min(interval, MAX_POLL_INTERVAL_MS), signal);
  }
}
