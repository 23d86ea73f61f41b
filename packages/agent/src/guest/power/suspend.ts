import { constants, open } from 'node:fs/promises';
import { type Environment, runQuietly } from '../../exec/helper.js';
import { OperationError } from '../../operation-error.js';
import type { GuestSystem } from '../guest-system.js';

/** The names of each mode in systemd, pm-utils and the kernel (qemu-ga §5.15), which does not have hybrid sleep. */
const MODES = {
  disk: { systemd: 'hibernate', pmUtils: 'hibernate', kernel: 'disk' },
  ram: { systemd: 'suspend', pmUtils: 'suspend', kernel: 'mem' },
  hybrid: { systemd: 'hybrid-sleep', pmUtils: 'suspend-hybrid', kernel: undefined },
} as const;

/** Memory goes to disk and the guest off (`disk`), memory stays powered (`ram`), or both (`hybrid`). */
export type SuspendMode = keyof typeof MODES;

const STATE_FILE = '/sys/power/state';

/** Bytes that are read of the list of states, as in qemu-ga. */
const STATE_LENGTH = 31;

/** A query that hangs means no support. */
const QUERY_TIMEOUT_MS = 30_000;

/** The time for going to sleep; the clock stops while the guest sleeps. */
const SUSPEND_TIMEOUT_MS = 10 * 60_000;

/**
 * Suspends the guest by the first supported of systemd, pm-utils and the kernel (qemu-ga §5.15), and returns when it has
 * resumed. If one fails, the next is tried. If none is left, the failure is logged and, as in qemu-ga, only an error for
 * hybrid sleep.
 * @throws {OperationError} if the mode is not supported, or the kernel refuses
 */
export async function suspendGuest(
  mode: SuspendMode,
  { log, root, env }: Pick<GuestSystem, 'log' | 'root' | 'env'>,
): Promise<void> {
  const { systemd, pmUtils, kernel } = MODES[mode];
  let attempted = false;
  for (const { query, supported, command } of [
    {
      query: ['systemctl', 'status', `systemd-${systemd}`],
      // The unit exists and is not running; 4 is an unknown unit.
      supported: [1, 2, 3],
      command: ['systemctl', systemd],
    },
    { query: ['pm-is-supported', `--${pmUtils}`], supported: [0], command: [`pm-${pmUtils}`] },
  ]) {
    const answer = await run(query, env, QUERY_TIMEOUT_MS);
    if (answer === undefined || !supported.includes(answer)) continue;
    attempted = true;
    const status = await run(command, env, SUSPEND_TIMEOUT_MS);
    if (status === 0) return;
    const result =
      status === undefined
        ? 'could not be run to its end'
        : `returned an unexpected exit status code (${status})`;
    log.warning(`the helper program '${command.join(' ')}' ${result}`);
  }
  if (kernel !== undefined && (await kernelSupports(kernel, root))) await suspendByKernel(kernel, root);
  else if (!attempted) throw new OperationError('the requested suspend mode is not supported by the guest');
  // The text of qemu-ga for a mode that the kernel does not have.
  else if (kernel === undefined) throw new OperationError('unknown guest suspend mode');
}

function run(command: readonly string[], env: Environment, limit: number): Promise<number | undefined> {
  const [name = '', ...args] = command;
  return runQuietly({ name, args, env, limit });
}

async function kernelSupports(state: string, root: string): Promise<boolean> {
  try {
    await using file = await open(`${root}${STATE_FILE}`, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(STATE_LENGTH), 0, STATE_LENGTH);
    return buffer.subarray(0, bytesRead).includes(state);
  } catch {
    return false;
  }
}

async function suspendByKernel(state: string, root: string): Promise<void> {
  try {
    // Without O_CREAT, which Node's letters for modes would add.
    await using file = await open(`${root}${STATE_FILE}`, constants.O_WRONLY);
    await file.write(state);
  } catch (cause) {
    throw OperationError.of(`suspend: cannot write to '${STATE_FILE}'`, cause);
  }
}
