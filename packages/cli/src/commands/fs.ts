import { guestGetFsinfo } from '@guestwire/protocol/contract';
import { tableCommand } from '../calls.js';
import { formatBytes, percent, UNKNOWN } from '../output/format.js';
import { cut, right } from '../output/table.js';

const COLUMNS = [
  cut('MOUNT POINT'),
  'TYPE',
  right('SIZE'),
  right('USED'),
  right('USE'),
  cut('DEVICE'),
  cut('DISKS'),
];

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
