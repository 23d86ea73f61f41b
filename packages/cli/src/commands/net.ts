import { guestNetworkGetInterfaces } from '@guestwire/protocol/contract';
import { ask } from '../ask.js';
import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import { table } from '../output/table.js';
import { formatBytes } from '../output/units.js';
import { UNKNOWN } from '../output/words.js';
import type { GuestFlags } from '../parameters.js';

const columns = [
  { title: 'INTERFACE', cut: true },
  { title: 'HARDWARE ADDRESS' },
  { title: 'ADDRESS' },
  { title: 'RECEIVED', right: true },
  { title: 'SENT', right: true },
] as const;

/** `guestctl net`: the network interfaces, a line for each address. */
export default async function net(this: CliContext, flags: GuestFlags): Promise<void> {
  await eachGuest(this, flags, async (visit) => {
    const { value: interfaces, raw } = await ask(visit, guestNetworkGetInterfaces);
    return {
      json: raw,
      text: ({ human, width }) =>
        table(
          columns,
          interfaces.flatMap((found) => {
            const addresses = (found['ip-addresses'] ?? []).map(
              (address) => `${address['ip-address']}/${address.prefix}`,
            );
            const first = [
              found.name,
              found['hardware-address'] ?? UNKNOWN,
              addresses[0] ?? UNKNOWN,
              formatBytes(found.statistics?.['rx-bytes'], human),
              formatBytes(found.statistics?.['tx-bytes'], human),
            ];
            return [first, ...addresses.slice(1).map((address) => ['', '', address, '', ''])];
          }),
          width,
        ),
    };
  });
}
