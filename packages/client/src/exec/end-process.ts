import type { GuestCalls } from '../calls.js';
import { orAborted, startDeadline } from '../deadline.js';
import { isGuestError } from '../guest-error.js';
import { processEnd } from './process.js';

type Pid = number | bigint;

/** Milliseconds that a process has to end by itself once it was asked to, and that it then has to be gone. */
const GRACE = 2000;

/** Milliseconds that any single step of the clean-up may take: its caller has given up and waits for it. */
const PATIENCE = 3000;

async function within<T>(
  guest: GuestCalls,
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  using deadline = startDeadline({ timeout: milliseconds }, 'guest-exec', 'guest-exec', guest.clock);
  return await work(deadline.signal);
}

/** Runs a program whose output and end are of no interest. */
function run(guest: GuestCalls, path: string, arg: readonly string[]): Promise<unknown> {
  return within(guest, PATIENCE, async (signal) => {
    const { pid } = await guest.call('guest-exec', { path, arg }, { signal });
    return await processEnd(guest, pid, { signal });
  });
}

/** Asks (`TERM`) or makes (`KILL`) a process end. Only guests of Windows lack a shell. */
async function kill(guest: GuestCalls, pid: Pid, how: 'TERM' | 'KILL'): Promise<void> {
  try {
    await run(guest, '/bin/sh', ['-c', 'kill -s "$1" "$2"', 'sh', how, String(pid)]);
  } catch (error) {
    if (!isGuestError(error, 'command')) throw error;
    await run(guest, 'taskkill', [...(how === 'KILL' ? ['/F'] : []), '/PID', String(pid)]);
  }
}

/** True if the process was over within the time; the agent has then forgotten it. */
async function overWithin(guest: GuestCalls, pid: Pid, milliseconds: number): Promise<boolean> {
  try {
    await within(guest, milliseconds, (signal) => processEnd(guest, pid, { signal }));
    return true;
  } catch (error) {
    if (isGuestError(error, 'timeout')) return false;
    throw error;
  }
}

async function end(guest: GuestCalls, pid: Pid): Promise<void> {
  const { exited } = await guest.call('guest-exec-status', { pid }, { timeout: PATIENCE });
  if (exited) return;
  for (const how of ['TERM', 'KILL'] as const) {
    await kill(guest, pid, how);
    if (await overWithin(guest, pid, GRACE)) return;
  }
}

/**
 * Ends a process that nobody waits for any more, as far as the guest lets us: it is asked, and killed if it takes no
 * notice. The agent knows its own processes, and is asked first, so that no other one that has got the number since is met.
 *
 * Never rejects: whoever has given up has an error to report already. If the answer to the start is long in coming,
 * it is not waited for here, but the process is ended when it comes.
 */
export async function endProcess(guest: GuestCalls, started: Promise<Pid>): Promise<void> {
  const ended = started.then((pid) => end(guest, pid)).catch(() => {});
  try {
    await within(guest, PATIENCE, (signal) => orAborted(started, signal));
  } catch {
    return;
  }
  await ended;
}
