import type { GuestCalls } from '../calls.js';
import { GuestError, isGuestError } from '../guest-error.js';
import { invalidArgument } from '../invalid-argument.js';
import { countOf } from '../reply-values.js';
import { type CallOptions, type Duration, parseDuration, startDeadline } from '../time.js';
import { FrozenGuest } from './frozen-guest.js';
import { ThawConnection, thawAndVerify } from './thaw.js';

/** Options of {@link freeze}. */
export interface FreezeOptions extends CallOptions {
  /** The mount points to freeze; all filesystems if absent. Requires an agent of QEMU 2.2 or later. */
  readonly mountPoints?: readonly string[];
  /** The guest is thawed when this time has passed since the request to freeze; no limit if absent. */
  readonly atMost?: Duration;
  /** Milliseconds that the freezing may take, 30 000 if absent: the guest writes out its caches first. */
  readonly timeout?: number;
  /** Aborts freezing; once the guest is frozen, thaws it. */
  readonly signal?: AbortSignal;
}

const FREEZE_TIMEOUT_MS = 30_000;
const STATUS_TIMEOUT_MS = 5000;

/** True if the command was not carried out, so that there is nothing to undo. */
function isRefusal(error: unknown): boolean {
  return isGuestError(error, 'disabled') || isGuestError(error, 'unsupported');
}

async function explainRefusal(error: unknown, connection: ThawConnection): Promise<unknown> {
  if (!isGuestError(error, 'disabled')) return error;
  const status = await connection
    .run((guest) => guest.call('guest-fsfreeze-status', undefined, { timeout: STATUS_TIMEOUT_MS }))
    .catch(() => undefined);
  if (status !== 'frozen') return error;
  const message = `${error.command}: the guest is already frozen; wait for the thaw, or run guest-fsfreeze-thaw`;
  return new GuestError('disabled', message, { command: error.command, cause: error, class: error.class });
}

/** Thaws after a freeze that may have taken effect. */
async function undo(guest: GuestCalls, connection: ThawConnection, error: unknown): Promise<unknown> {
  try {
    await thawAndVerify(guest, connection);
    return error;
  } catch (failure) {
    if (!isGuestError(failure) || !isGuestError(error)) return error;
    const message = `${error.message}; ${failure.message}`;
    return new GuestError(error.code, message, { command: error.command, cause: error });
  }
}

async function sendFreeze(
  guest: GuestCalls,
  mountPoints: readonly string[] | undefined,
  options: CallOptions,
): Promise<number> {
  const frozen =
    mountPoints === undefined
      ? await guest.call('guest-fsfreeze-freeze', undefined, options)
      : await guest.call('guest-fsfreeze-freeze-list', { mountpoints: mountPoints }, options);
  return countOf(frozen, 'guest-fsfreeze-freeze', 'the number of frozen filesystems');
}

/** The guest's hook may have run `freeze`; only a thaw makes it run `thaw` (qemu-ga §5.10). */
async function nothingFrozen(
  connection: ThawConnection,
  mountPoints: readonly string[] | undefined,
): Promise<GuestError> {
  await connection
    .run((guest) => guest.call('guest-fsfreeze-thaw', undefined, { timeout: FREEZE_TIMEOUT_MS }))
    .catch(() => {});
  const command = mountPoints === undefined ? 'guest-fsfreeze-freeze' : 'guest-fsfreeze-freeze-list';
  const reason =
    mountPoints === undefined
      ? 'the guest has none that can be frozen'
      : `none of these is a mount point that can be frozen: ${mountPoints.join(', ')}`;
  return new GuestError('command', `no filesystem was frozen: ${reason}`, { command });
}

/**
 * Flushes and freezes filesystems of the guest for as long as the scope lasts.
 *
 * ```ts
 * {
 *   await using frozen = await guest.freeze({ atMost: '30s' });
 *   await takeSnapshot(frozen.signal);
 * } // thawed here, also after an error
 * ```
 *
 * If this rejects, the guest has been thawed again, or the message says that it may not be.
 *
 * @throws {GuestError} `disabled` if the guest is already frozen; `command` if a filesystem cannot be frozen, or none
 * was; `timeout`, `aborted`, `closed`, `unsupported`
 * @throws {TypeError} if the duration or the list of mount points is invalid
 */
export async function freeze(guest: GuestCalls, options: FreezeOptions = {}): Promise<FrozenGuest> {
  const { mountPoints, timeout = FREEZE_TIMEOUT_MS, signal } = options;
  const atMost = options.atMost === undefined ? Number.POSITIVE_INFINITY : parseDuration(options.atMost);
  if (mountPoints?.length === 0) throw invalidArgument('the list of mount points is empty');
  const since = guest.clock.now();
  const limits = { timeout: Math.min(timeout, atMost), signal };
  using deadline = startDeadline(limits, 'freeze', 'guest-fsfreeze-freeze', guest.clock);
  deadline.signal.throwIfAborted();
  const connection = new ThawConnection(guest);
  try {
    const callOptions = { timeout: Number.POSITIVE_INFINITY, signal: deadline.signal };
    const filesystems = await sendFreeze(guest, mountPoints, callOptions);
    if (filesystems === 0) throw await nothingFrozen(connection, mountPoints);
    return new FrozenGuest(guest, connection, { filesystems, since, atMost, signal });
  } catch (error) {
    await using _ = connection;
    throw await (isRefusal(error) ? explainRefusal(error, connection) : undo(guest, connection, error));
  }
}
