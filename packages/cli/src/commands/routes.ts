import { guestNetworkGetRoute } from '@guestwire/protocol/contract';
import { tableCommand } from '../calls.js';
import { UNKNOWN } from '../output/format.js';
import { cut, right } from '../output/table.js';

const COLUMNS = ['DESTINATION', 'GATEWAY', cut('INTERFACE'), right('METRIC'), 'IP'];

const NO_GATEWAY: readonly (string | undefined)[] = [undefined, '0.0.0.0', '::'];

/** Returns the prefix length of a dotted mask; the mask itself if its bits are not contiguous. */
function prefixLength(mask: string): string {
  const quads = mask.split('.').map(Number);
  const bits = quads.map((quad) => quad.toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(bits) && bits.length === 32 ? String(bits.replaceAll('0', '').length) : mask;
}

/** `guestctl routes`: lists the network routes. */
export default tableCommand(guestNetworkGetRoute, COLUMNS, (routes) =>
  routes.map((route) => {
    const length = route.desprefixlen ?? (route.mask === undefined ? undefined : prefixLength(route.mask));
    const gateway = route.gateway ?? route.nexthop;
    return [
      length === undefined ? route.destination : `${route.destination}/${length}`,
      NO_GATEWAY.includes(gateway) ? UNKNOWN : (gateway ?? UNKNOWN),
      route.iface,
      String(route.metric),
      String(route.version),
    ];
  }),
);
