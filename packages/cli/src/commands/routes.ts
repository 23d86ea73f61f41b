import { guestNetworkGetRoute } from '@guestwire/protocol/contract';
import { ask } from '../ask.js';
import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import { table } from '../output/table.js';
import { UNKNOWN } from '../output/words.js';
import type { GuestFlags } from '../parameters.js';

const columns = [
  { title: 'DESTINATION' },
  { title: 'THROUGH' },
  { title: 'INTERFACE', cut: true },
  { title: 'METRIC', right: true },
  { title: 'IP' },
] as const;

/** The leading ones of a mask in dotted quads; the mask itself if it is none such. */
function prefixLength(mask: string): string {
  const quads = mask.split('.').map(Number);
  const bits = quads.map((quad) => quad.toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(bits) && bits.length === 32 ? String(bits.replaceAll('0', '').length) : mask;
}

const nowhere: readonly (string | undefined)[] = [undefined, '0.0.0.0', '::'];

/** `guestctl routes`: where packets go. */
export default async function routes(this: CliContext, flags: GuestFlags): Promise<void> {
  await eachGuest(this, flags, async (visit) => {
    const { value: found, raw } = await ask(visit, guestNetworkGetRoute);
    const rows = found.map((route) => {
      const length = route.desprefixlen ?? (route.mask === undefined ? undefined : prefixLength(route.mask));
      const through = route.gateway ?? route.nexthop;
      return [
        length === undefined ? route.destination : `${route.destination}/${length}`,
        nowhere.includes(through) ? UNKNOWN : (through ?? UNKNOWN),
        route.iface,
        String(route.metric),
        String(route.version),
      ];
    });
    return { json: raw, text: ({ width }) => table(columns, rows, width) };
  });
}
