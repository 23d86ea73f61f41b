import { guestGetFsinfo } from '@guestwire/protocol/contract';
import { formatBytes, percent, UNKNOWN } from '../output/format.js';
import { tableCommand } from '../table-command.js';

const COLUMNS = [
  { title: 'MOUNT POINT', cut: true },
  { title: 'TYPE' },
  { title: 'SIZE', right: true },
  { title: 'USED', right: true },
  { title: 'USE', right: true },
  { title: 'DEVICE', cut: true },
  { title: 'DISKS', cut: true },
] as const;

/** `guestctl fs`: lists the mounted filesystems and their usage. */
export default tableCommand(guestGetFsinfo, COLUMNS, (filesystems, human) =>
  filesystems.map(({ mountpoint, type, 'used-bytes': used, 'total-bytes': total, name, disk }) => [
    mountpoint,
    type,
    formatBytes(total, human),
    formatBytes(used, human),
    used === undefined || total === undefined ? UNKNOWN : percent(used, total),
    name,
    disk.map(({ dev, serial }) => dev ?? serial ?? UNKNOWN).join(' ') || UNKNOWN,
  ]),
);
