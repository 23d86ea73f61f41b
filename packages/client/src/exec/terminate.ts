import type { GuestCalls } from '../calls.js';
import { isGuestError } from '../guest-error.js';
import { type Deadline, startDeadline } from '../time.js';
import { type Pid, waitForExit } from './process.js';

/** How long a process may take to exit after `SIGTERM`, and again after `SIGKILL`. */
const TERMINATION_TIMEOUT_MS = 2000;

/** Time limit of each request here: the caller has given up already and waits for the end of the clean-up. */
const REQUEST_TIMEOUT_MS = 3000;

async function within<T>(
  guest: GuestCalls,
  milliseconds: number,
  work: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  using deadline = startDeadline({ timeout: milliseconds }, 'guest-exec', 'guest-exec', guest.clock);
  return await work(deadline);
}

function run(guest: GuestCalls, path: string, arg: readonly string[]): Promise<unknown> {
  return within(guest, REQUEST_TIMEOUT_MS, async ({ signal }) => {
    const { pid } = await guest.call('guest-exec', { path, arg }, { signal });
    return await waitForExit(guest, pid, signal);
  });
}

/** Only Windows guests lack a shell. */
async function sendSignal(guest: GuestCalls, pid: Pid, name: 'TERM' | 'KILL'): Promise<void> {
  try {
    await run(guest, '/bin/sh', ['-c', 'kill -s "$1" "$2"', 'sh', name, String(pid)]);
  } catch (error) {
    if (!isGuestError(error, 'command')) throw error;
    await run(guest, 'taskkill', [...(name === 'KILL' ? ['/F'] : []), '/PID', String(pid)]);
  }
}

async function exitsInTime(guest: GuestCalls, pid: Pid): Promise<boolean> {
  try {
    await within(guest, TERMINATION_TIMEOUT_MS, ({ signal }) => waitForExit(guest, pid, signal));
    return true;
  } catch (error) {
    if (isGuestError(error, 'timeout')) return false;
    throw error;
  }
}

async function terminate(guest: GuestCalls, pid: Pid): Promise<void> {
  // The status comes first: after the exit the pid may belong to another process.
  const { exited } = await guest.call('guest-exec-status', { pid }, { timeout: REQUEST_TIMEOUT_MS });
  if (exited) return;
  for (const name of ['TERM', 'KILL'] as const) {
    await sendSignal(guest, pid, name);
    if (await exitsInTime(guest, pid)) return;
  }
}

/**
 * Terminates an abandoned process as far as the guest allows. Never rejects, since the caller already has an error. If
 * the reply to the start takes too long, this resolves, and the process is terminated when the reply arrives.
 */
export async function terminateProcess(guest: GuestCalls, started: Promise<Pid>): Promise<void> {
  const terminated = started.then((pid) => terminate(guest, pid)).catch(() => {});
  try {
    await within(guest, REQUEST_TIMEOUT_MS, (deadline) => deadline.race(started));
  } catch {
    return;
  }
  await terminated;
}
