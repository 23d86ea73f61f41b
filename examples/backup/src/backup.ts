import type { Duration, Guest } from '@guestwire/client';

/** Options of {@link backup}. */
export interface BackupOptions {
  /** The guest is thawed after this time, even if the snapshot is not complete. */
  readonly atMost?: Duration;
  readonly signal?: AbortSignal;
}

/** The result of a backup. */
export interface BackupResult {
  readonly filesystems: number;
  readonly frozenMilliseconds: number;
}

/**
 * Takes a snapshot while the guest is frozen.
 *
 * @param takeSnapshot gets a signal that fires when the guest is no longer frozen; it must stop then
 * @throws if the snapshot failed, or if the guest was not frozen until its end
 */
export async function backup(
  guest: Guest,
  takeSnapshot: (signal: AbortSignal) => Promise<void>,
  { atMost = '30s', signal }: BackupOptions = {},
): Promise<BackupResult> {
  // Leaving this function thaws the guest, with or without an error.
  await using frozen = await guest.freeze({ atMost, ...(signal && { signal }) });
  await takeSnapshot(frozen.signal);
  frozen.signal.throwIfAborted();

  const { by, milliseconds } = await frozen.thaw();
  if (by !== 'us') throw new Error('the guest was thawed during the snapshot; do not use the snapshot');
  return { filesystems: frozen.filesystems, frozenMilliseconds: Math.round(milliseconds) };
}
