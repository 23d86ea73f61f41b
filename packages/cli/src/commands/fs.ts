import { guestGetFsinfo } from '@guestwire/protocol/contract';
import { ask } from '../ask.js';
import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import { table } from '../output/table.js';
import { formatBytes, percent } from '../output/units.js';
import { UNKNOWN } from '../output/words.js';
import type { GuestFlags } from '../parameters.js';

const columns = [
  { title: 'MOUNT POINT', cut: true },
  { title: 'TYPE' },
  { title: 'SIZE', right: true },
  { title: 'USED', right: true },
  { title: 'USE', right: true },
  { title: 'DEVICE', cut: true },
  { title: 'DISKS', cut: true },
] as const;

/** `guestctl fs`: the mounted filesystems, and how full they are. */
export default async function fs(this: CliContext, flags: GuestFlags): Promise<void> {
  await eachGuest(this, flags, async (visit) => {
    const { value: filesystems, raw } = await ask(visit, guestGetFsinfo);
    return {
      json: raw,
      text: ({ human, width }) =>
        table(
          columns,
          filesystems.map((filesystem) => {
            const { 'used-bytes': used, 'total-bytes': total } = filesystem;
            return [
              filesystem.mountpoint,
              filesystem.type,
              formatBytes(total, human),
              formatBytes(used, human),
              used === undefined || total === undefined ? UNKNOWN : percent(used, total),
              filesystem.name,
              filesystem.disk.map(({ dev, serial }) => dev ?? serial ?? UNKNOWN).join(' ') || UNKNOWN,
            ];
          }),
          width,
        ),
    };
  });
}
