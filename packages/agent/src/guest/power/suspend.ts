import { constants, open } from 'node:fs/promises';
import { type Environment, runQuietly } from '../../exec/helper.js';
import type { Logger } from '../../log/logger.js';
import { OperationError } from '../../operation-error.js';
import type { GuestSystem } from '../guest-system.js';

/** For each way to sleep what systemd, pm-utils and the kernel call it (qemu-ga §5.15). */
const MODES = {
  disk: {
    systemd: { unit: 'systemd-hibernate', verb: 'hibernate' },
    pmUtils: { query: '--hibernate', program: 'pm-hibernate' },
    kernel: 'disk',
  },
  ram: {
    systemd: { unit: 'systemd-suspend', verb: 'suspend' },
    pmUtils: { query: '--suspend', program: 'pm-suspend' },
    kernel: 'mem',
  },
  hybrid: {
    systemd: { unit: 'systemd-hybrid-sleep', verb: 'hybrid-sleep' },
    pmUtils: { query: '--suspend-hybrid', program: 'pm-suspend-hybrid' },
    // The kernel has no word for it.
    kernel: undefined,
  },
} as const;

/** Memory goes to disk and the guest off (`disk`), or memory stays powered (`ram`), or both (`hybrid`). */
export type SuspendMode = keyof typeof MODES;

/** One way to put the guest to sleep. */
interface Strategy {
  readonly supported: () => Promise<boolean>;
  /** Returns when it has worked, usually after the guest is awake again; throws the reason if not. */
  readonly suspend: () => Promise<void>;
}

const STATE_FILE = '/sys/power/state';

/** Of the list of states so many bytes are looked at, as in the reference. */
const STATE_LENGTH = 31;

/** A query that hangs is no support. */
const QUERY_LIMIT_MS = 30_000;

/** How long going to sleep may take; the clock stands while the guest sleeps. */
const SUSPEND_LIMIT_MS = 10 * 60_000;

/**
 * Puts the guest to sleep by the first of systemd, pm-utils and the kernel that can (qemu-ga §5.15). If one that says
 * it can then fails, the next is tried; should none be left the failure is logged, and only for hybrid sleep told to the
 * host, as the C agent does.
 *
 * @throws {OperationError} if nobody supports it, or the kernel refuses
 */
export async function suspendGuest(
  mode: SuspendMode,
  { log, root, env }: GuestSystem & { readonly log: Logger },
): Promise<void> {
  const names = MODES[mode];
  let attempted = false;
  for (const { supported, suspend } of [systemd(names.systemd, env), pmUtils(names.pmUtils, env)]) {
    if (!(await supported())) continue;
    attempted = true;
    try {
      await suspend();
      return;
    } catch (error) {
      log.warning(error instanceof Error ? error.message : String(error));
    }
  }
  const last = names.kernel === undefined ? undefined : kernel(names.kernel, root);
  if (last !== undefined && (await last.supported())) await last.suspend();
  else if (!attempted) throw new OperationError('the requested suspend mode is not supported by the guest');
  // What the C agent says of a mode that the kernel has no word for.
  else if (last === undefined) throw new OperationError('unknown guest suspend mode');
}

function systemd({ unit, verb }: { unit: string; verb: string }, env: Environment): Strategy {
  return {
    async supported() {
      const query = { name: 'systemctl', args: ['status', unit], env, limit: QUERY_LIMIT_MS };
      // The unit exists and is not running; 4 would be an unknown one.
      const status = await runQuietly(query);
      return status !== undefined && status >= 1 && status <= 3;
    },
    suspend: () => runToSuspend('systemctl', [verb], env),
  };
}

function pmUtils({ query, program }: { query: string; program: string }, env: Environment): Strategy {
  return {
    async supported() {
      const args = [query];
      return (await runQuietly({ name: 'pm-is-supported', args, env, limit: QUERY_LIMIT_MS })) === 0;
    },
    suspend: () => runToSuspend(program, [], env),
  };
}

async function runToSuspend(name: string, args: readonly string[], env: Environment): Promise<void> {
  const status = await runQuietly({ name, args, env, limit: SUSPEND_LIMIT_MS });
  if (status === 0) return;
  const program = [name, ...args].join(' ');
  throw new OperationError(
    status === undefined
      ? `the helper program '${program}' could not be run to its end`
      : `the helper program '${program}' returned an unexpected exit status code (${status})`,
  );
}

function kernel(word: string, root: string): Strategy {
  return {
    async supported() {
      try {
        await using file = await open(`${root}${STATE_FILE}`, 'r');
        const { buffer, bytesRead } = await file.read(Buffer.alloc(STATE_LENGTH), 0, STATE_LENGTH);
        return buffer.subarray(0, bytesRead).includes(word);
      } catch {
        return false;
      }
    },
    async suspend() {
      try {
        // Node has no word for this: not created if it is gone.
        await using file = await open(`${root}${STATE_FILE}`, constants.O_WRONLY);
        await file.write(word);
      } catch (cause) {
        throw OperationError.of(`suspend: cannot write to '${STATE_FILE}'`, cause);
      }
    },
  };
}
