import type { GuestCalls } from '../calls.js';
import { type CallOptions, startDeadline } from '../deadline.js';
import { type Duration, parseDuration } from '../duration.js';
import { GuestError, isGuestError } from '../guest-error.js';
import { countOf } from '../reply-values.js';
import { FrozenGuest } from './frozen-guest.js';
import { thawAndProve } from './thaw.js';
import { ThawConnection } from './thaw-connection.js';

/** What is frozen, and for how long. */
export interface FreezeOptions extends CallOptions {
  /** These alone, of those that are mount points; all filesystems if absent. Takes an agent of QEMU 2.2 or later. */
  readonly mountPoints?: readonly string[];
  /** The guest is thawed when so much time has gone by since it was asked to freeze; never by itself if absent. */
  readonly atMost?: Duration;
  /** Milliseconds that the freezing may take, 30 000 if absent: the guest first writes out what is not on its disks yet. */
  readonly timeout?: number;
  /** Gives up freezing when it fires; once the guest is frozen, thaws it. */
  readonly signal?: AbortSignal;
}

const TIME_OF_FREEZING = 30_000;

/** The command was not carried out, so there is nothing to undo. */
function notCarriedOut(error: unknown): boolean {
  return isGuestError(error, 'disabled') || isGuestError(error, 'unsupported');
}

/** What went wrong with a freeze, in words that help. */
async function explained(error: unknown, connection: ThawConnection): Promise<unknown> {
  if (!isGuestError(error, 'disabled')) return error;
  const status = await connection
    .run((guest) => guest.call('guest-fsfreeze-status', undefined, { timeout: 5000 }))
    .catch(() => undefined);
  if (status !== 'frozen') return error;
  return new GuestError(
    'disabled',
    `${error.command}: the guest is frozen already, by somebody else; wait for the thaw, or thaw it yourself`,
    { command: error.command, cause: error, ...(error.class !== undefined && { class: error.class }) },
  );
}

/** After a freeze of which nobody knows whether it took effect. */
async function undo(guest: GuestCalls, connection: ThawConnection, error: unknown): Promise<unknown> {
  try {
    await thawAndProve(guest, connection);
    return error;
  } catch (failure) {
    if (!isGuestError(failure) || !isGuestError(error)) return error;
    return new GuestError(error.code, `${error.message}; ${failure.message}`, {
      command: error.command,
      cause: error,
    });
  }
}

async function ask(
  guest: GuestCalls,
  mountPoints: readonly string[] | undefined,
  limits: CallOptions,
): Promise<number> {
  const frozen =
    mountPoints === undefined
      ? await guest.call('guest-fsfreeze-freeze', undefined, limits)
      : await guest.call('guest-fsfreeze-freeze-list', { mountpoints: mountPoints }, limits);
  return countOf(frozen, 'guest-fsfreeze-freeze', 'the filesystems that it froze');
}

/** The guest's hook may have been told that a freeze begins; only a thaw tells it that it is over (qemu-ga §5.10). */
async function nothingFrozen(
  connection: ThawConnection,
  mountPoints: readonly string[] | undefined,
): Promise<GuestError> {
  await connection
    .run((guest) => guest.call('guest-fsfreeze-thaw', undefined, { timeout: TIME_OF_FREEZING }))
    .catch(() => {});
  const why =
    mountPoints === undefined
      ? 'it has none that can be frozen'
      : `none of these is a mount point that can be frozen: ${mountPoints.join(', ')}`;
  return new GuestError('command', `no filesystem of the guest was frozen: ${why}`, {
    command: mountPoints === undefined ? 'guest-fsfreeze-freeze' : 'guest-fsfreeze-freeze-list',
  });
}

/**
 * Writes out and freezes filesystems of the guest, for as long as the scope lasts.
 *
 * ```ts
 * {
 *   await using frozen = await guest.freeze({ atMost: '30s' });
 *   await takeSnapshot(frozen.signal);
 * } // thawed here, whatever happened
 * ```
 *
 * If this rejects, the guest has been thawed again, or the message says that it may not be.
 *
 * @throws {GuestError} `disabled` if the guest is frozen already; `command` if a filesystem cannot be frozen, or none
 * was; `timeout`, `aborted`, `closed`, `unsupported`
 * @throws {TypeError} if the duration or the list of mount points is none
 */
export async function freeze(guest: GuestCalls, options: FreezeOptions = {}): Promise<FrozenGuest> {
  const { mountPoints, timeout = TIME_OF_FREEZING, signal } = options;
  const atMost = options.atMost === undefined ? Number.POSITIVE_INFINITY : parseDuration(options.atMost);
  if (mountPoints?.length === 0) throw new TypeError('an empty list of mount points freezes nothing');
  const since = guest.clock.now();
  using deadline = startDeadline(
    { timeout: Math.min(timeout, atMost), ...(signal !== undefined && { signal }) },
    'freeze',
    'guest-fsfreeze-freeze',
    guest.clock,
  );
  deadline.signal.throwIfAborted();
  const connection = new ThawConnection(guest);
  try {
    const limits = { timeout: Number.POSITIVE_INFINITY, signal: deadline.signal };
    const filesystems = await ask(guest, mountPoints, limits);
    if (filesystems === 0) throw await nothingFrozen(connection, mountPoints);
    return new FrozenGuest(guest, connection, { filesystems, since, atMost, signal });
  } catch (error) {
    await using _ = connection;
    throw await (notCarriedOut(error) ? explained(error, connection) : undo(guest, connection, error));
  }
}
