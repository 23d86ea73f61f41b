import { open } from 'node:fs/promises';
import { addressOf, ioctl } from '@guestwire/posix';
import type { GuestNVMeSmart } from '@guestwire/protocol/contract';

/** _IOWR('N', 0x41, struct nvme_admin_cmd). */
const NVME_IOCTL_ADMIN_CMD = 0xc0484e41;
const COMMAND_SIZE = 72;
const GET_LOG_PAGE = 0x02;
const ALL_NAMESPACES = 0xffffffff;
const SMART_LOG = 0x02;
/** Keeps the page, and its events, for the next reader. */
const RETAIN_EVENT = 1 << 15;
const LOG_SIZE = 512;

/**
 * Reads the health log of an NVMe disk (NVM Express, log page 2) in the thread pool.
 * @param node the disk's device node
 * @returns undefined if it cannot be read
 */
export async function nvmeSmart(node: string): Promise<GuestNVMeSmart | undefined> {
  await using file = await open(node, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  const log = new ArrayBuffer(LOG_SIZE);
  const result = await ioctl(file.fd, NVME_IOCTL_ADMIN_CMD, getLogPage(log));
  return result === 0 ? parseSmartLog(new DataView(log)) : undefined;
}

/** Returns the `struct nvme_admin_cmd` with which the kernel writes the log to `log`. */
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

/** Consecutive little-endian counters of 16 bytes. */
const COUNTERS_OFFSET = 32;
const COUNTERS = [
  'data-units-read',
  'data-units-written',
  'host-read-commands',
  'host-write-commands',
  'controller-busy-time',
  'power-cycles',
  'power-on-hours',
  'unsafe-shutdowns',
  'media-errors',
  'number-of-error-log-entries',
] as const;

type Counter = (typeof COUNTERS)[number];

export function parseSmartLog(log: DataView): GuestNVMeSmart {
  const counters = COUNTERS.flatMap((name, i) => [
    [`${name}-lo`, log.getBigUint64(COUNTERS_OFFSET + 16 * i, true)],
    [`${name}-hi`, log.getBigUint64(COUNTERS_OFFSET + 16 * i + 8, true)],
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
