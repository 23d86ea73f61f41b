import { type Guest, isGuestError } from '@guestwire/client';

/**
 * Returns a line for each filesystem of the guest that is filled to more than `limit`, a fraction of 1.
 *
 * Agents before QEMU 3.0 do not report sizes; their filesystems are left out.
 */
export async function diskReport(guest: Guest, limit = 0.9): Promise<readonly string[]> {
  try {
    const filesystems = await guest.call('guest-get-fsinfo');
    return filesystems.flatMap(({ mountpoint, 'used-bytes': used, 'total-bytes': total }) => {
      if (used === undefined || total === undefined || total === 0) return [];
      const fraction = Number(used) / Number(total);
      return fraction > limit ? [`${mountpoint} is ${Math.floor(fraction * 100)} % full`] : [];
    });
  } catch (error) {
    if (isGuestError(error, 'unsupported')) return ['the agent is too old to report filesystems'];
    throw error;
  }
}
