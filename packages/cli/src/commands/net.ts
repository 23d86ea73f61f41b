import { guestNetworkGetInterfaces } from '@guestwire/protocol/contract';
import { tableCommand } from '../calls.js';
import { formatBytes, UNKNOWN } from '../output/format.js';
import { cut, right } from '../output/table.js';

const COLUMNS = [cut('INTERFACE'), 'HARDWARE ADDRESS', 'ADDRESS', right('RECEIVED'), right('SENT')];

/** `guestctl net`: lists the network interfaces, one line per address. */
export default tableCommand(guestNetworkGetInterfaces, COLUMNS, (interfaces, human) =>
  interfaces.flatMap(({ name, statistics, ...found }) => {
    const addresses = (found['ip-addresses'] ?? []).map(
      (address) => `${address['ip-address']}/${address.prefix}`,
    );
    const first = [
      name,
      found['hardware-address'] ?? UNKNOWN,
      addresses[0] ?? UNKNOWN,
      formatBytes(statistics?.['rx-bytes'], human),
      formatBytes(statistics?.['tx-bytes'], human),
    ];
    return [first, ...addresses.slice(1).map((address) => ['', '', address, '', ''])];
  }),
);
