import type { GuestNetworkInterfaceStat } from '@guestwire/protocol/contract';
import { exactInteger } from '../system-file.js';

/** Eight columns for receiving, eight for sending. */
const COLUMNS = 16;

/** Parses `/proc/net/dev`: statistics by the name of the interface. Lines without 16 numbers are ignored (qemu-ga §5.16). */
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
