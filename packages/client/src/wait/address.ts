import { BlockList, isIP } from 'node:net';
import type { GuestNetworkInterface } from '@guestwire/protocol/contract';

/** Addresses that other machines cannot reach: unspecified, loopback, link-local, multicast. */
function localAddresses(): BlockList {
  const local = new BlockList();
  local.addSubnet('0.0.0.0', 8);
  local.addSubnet('127.0.0.0', 8);
  local.addSubnet('169.254.0.0', 16);
  local.addSubnet('224.0.0.0', 3);
  local.addSubnet('::', 127, 'ipv6');
  local.addSubnet('fe80::', 10, 'ipv6');
  local.addSubnet('ff00::', 8, 'ipv6');
  return local;
}

/** Returns the first address that other machines can reach, on the interface `name` if given. */
export function globalAddress(
  interfaces: readonly GuestNetworkInterface[],
  name: string | undefined,
): string | undefined {
  const local = localAddresses();
  for (const { name: interfaceName, 'ip-addresses': addresses = [] } of interfaces) {
    if (name !== undefined && interfaceName !== name) continue;
    for (const { 'ip-address': address, 'ip-address-type': family } of addresses) {
      if (isIP(address) !== (family === 'ipv4' ? 4 : 6)) continue;
      if (!local.check(address, family)) return address;
    }
  }
  return undefined;
}
