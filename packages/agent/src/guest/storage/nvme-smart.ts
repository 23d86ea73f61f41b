import { constants } from 'node:fs';
import { addressOf, closeFd, ioctl, openFd } from '@guestwire/posix';
import type { GuestNVMeSmart } from '@guestwire/protocol/contract';

/** _IOWR('N', 0x41, struct nvme_admin_cmd). */
const NVME_IOCTL_ADMIN_CMD = 0xc0484e41;
const COMMAND_SIZE = 72;
const GET_LOG_PAGE = 0x02;
const ALL_NAMESPACES = 0xffffffff;
const SMART_LOG = 0x02;
/** The page is kept for who reads it next, events with it. */
const RETAIN_EVENT = 1 << 15;
const LOG_SIZE = 512;

/**
 * Asks an NVMe disk for its health log (NVM Express, log page 2), in the thread pool.
 *
 * @param node the disk's device node
 * @returns undefined if it does not tell
 */
export async function nvmeSmart(node: string): Promise<GuestNVMeSmart | undefined> {
  let fd: number;
  try {
    fd = await openFd(node, constants.O_RDONLY);
  } catch {
    return undefined;
  }
  try {
    const log = new ArrayBuffer(LOG_SIZE);
    const result = await ioctl(fd, NVME_IOCTL_ADMIN_CMD, getLogPage(log));
    return result === 0 ? parseSmartLog(new DataView(log)) : undefined;
  } finally {
    await closeFd(fd);
  }
}

/** The `struct nvme_admin_cmd` that has the kernel write the log there. */
function getLogPage(log: ArrayBuffer): ArrayBuffer {
  const command = new ArrayBuffer(COMMAND_SIZE);
  const words = new Uint32Array(command);
  words[0] = GET_LOG_PAGE;
  words[1] = ALL_NAMESPACES;
  new BigUint64Array(command)[3] = addressOf(log);
  words[9] = LOG_SIZE;
  words[10] = SMART_LOG | RETAIN_EVENT | ((LOG_SIZE / 4 - 1) << 16);
  return command;
}

/** Where the 128-bit counters stand in the log, all little-endian. */
const COUNTERS = [
  ['data-units-read', 32],
  ['data-units-written', 48],
  ['host-read-commands', 64],
  ['host-write-commands', 80],
  ['controller-busy-time', 96],
  ['power-cycles', 112],
  ['power-on-hours', 128],
  ['unsafe-shutdowns', 144],
  ['media-errors', 160],
  ['number-of-error-log-entries', 176],
] as const;

type Counter = (typeof COUNTERS)[number][0];

/** Reads a health log of 512 bytes. */
export function parseSmartLog(log: DataView): GuestNVMeSmart {
  const counters = COUNTERS.flatMap(([name, offset]) => [
    [`${name}-lo`, log.getBigUint64(offset, true)],
    [`${name}-hi`, log.getBigUint64(offset + 8, true)],
  ]);
  return {
    'critical-warning': log.getUint8(0),
    temperature: log.getUint16(1, true),
    'available-spare': log.getUint8(3),
    'available-spare-threshold': log.getUint8(4),
    'percentage-used': log.getUint8(5),
    // Each name of the list above with both of its endings.
    ...(Object.fromEntries(counters) as Record<`${Counter}-${'lo' | 'hi'}`, bigint>),
  };
}
