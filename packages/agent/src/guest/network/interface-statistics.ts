import type { GuestNetworkInterfaceStat } from '@guestwire/protocol/contract';
import { exactInteger } from '../integer.js';

/** Eight columns of what was received, eight of what was sent. */
const COLUMNS = 16;

/**
 * Takes `/proc/net/dev` apart: what has passed each interface, by its name. A line without 16 numbers counts for
 * nothing (qemu-ga §5.16).
 */
export function parseInterfaceStatistics(text: string): ReadonlyMap<string, GuestNetworkInterfaceStat> {
  const statistics = new Map<string, GuestNetworkInterfaceStat>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    const words = line.slice(colon + 1).match(/\d+/g);
    if (colon < 0 || words === null || words.length < COLUMNS) continue;
    const column = (index: number): number | bigint => exactInteger(words[index] ?? '0');
    statistics.set(line.slice(0, colon).trimStart(), {
      'rx-bytes': column(0),
      'rx-packets': column(1),
      'rx-errs': column(2),
      'rx-dropped': column(3),
      'tx-bytes': column(8),
      'tx-packets': column(9),
      'tx-errs': column(10),
      'tx-dropped': column(11),
    });
  }
  return statistics;
}
