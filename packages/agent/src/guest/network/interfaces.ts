import { ipAddressText } from '@guestwire/posix';
import type { GuestIpAddress, GuestNetworkInterfaceStat } from '@guestwire/protocol/contract';
import { decodeText } from '@guestwire/protocol/wire';
import { exactInteger, untilNul } from '../system-file.js';
import { attributeOf, type Message, type RouteNetlink, RTM_GETADDR, RTM_GETLINK, uint32 } from './netlink.js';

/** A name of the guest's addresses: an interface, or the label of some addresses of an interface. */
export interface NamedInterface {
  readonly name: string;
  /** Six bytes in hexadecimal with colons; undefined for a label that does not contain the name of an interface. */
  readonly hardwareAddress: string | undefined;
  readonly addresses: readonly GuestIpAddress[];
}

const AF_INET = 2;
const AF_INET6 = 10;

const LINK_HEADER = 16;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_EXT_MASK = 29;
/** The kernel need not count statistics. */
const RTEXT_FILTER_SKIP_STATS = 8;

const ADDRESS_HEADER = 8;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_LABEL = 3;

const HARDWARE_BYTES = 6;

const LINK_REQUEST = Buffer.concat([
  Buffer.alloc(LINK_HEADER),
  Buffer.from(Uint16Array.of(8, IFLA_EXT_MASK).buffer),
  Buffer.from(Uint32Array.of(RTEXT_FILTER_SKIP_STATS).buffer),
]);
const ADDRESS_REQUEST = Buffer.alloc(ADDRESS_HEADER);

/**
 * Returns interfaces and addresses like `getifaddrs` of the C library, in its order: all interfaces, also those that are
 * down, then labels (qemu-ga §5.16). Throws a system error.
 */
export function readInterfaces(netlink: RouteNetlink): NamedInterface[] {
  // In this order: an interface that appears in between has addresses without a name, which are ignored.
  const links = netlink.dump(RTM_GETLINK, LINK_REQUEST);
  const addresses = netlink.dump(RTM_GETADDR, ADDRESS_REQUEST);
  // Names are bytes; here they are Latin-1.
  const named = new Map<string, { hardwareAddress: string | undefined; addresses: GuestIpAddress[] }>();
  const nameByIndex = new Map<number, string>();
  for (const { body } of links) {
    if (body.length < LINK_HEADER) continue;
    const name = nameOf(attributeOf(body, LINK_HEADER, IFLA_IFNAME));
    if (name === undefined) continue;
    nameByIndex.set(uint32(body, 4), name);
    const hardwareAddress = hardwareText(attributeOf(body, LINK_HEADER, IFLA_ADDRESS));
    named.set(name, { hardwareAddress, addresses: [] });
  }
  for (const message of addresses) {
    if (message.body.length < ADDRESS_HEADER) continue;
    const name =
      nameOf(attributeOf(message.body, ADDRESS_HEADER, IFA_LABEL)) ??
      nameByIndex.get(uint32(message.body, 4));
    const address = addressOf(message);
    if (name === undefined || address === undefined) continue;
    const known = named.get(name);
    if (known !== undefined) known.addresses.push(address);
    // A label begins with the name of its interface, and the kernel reads no further than the colon.
    else {
      const hardwareAddress = named.get(name.replace(/:.*/s, ''))?.hardwareAddress;
      named.set(name, { hardwareAddress, addresses: [address] });
    }
  }
  return Array.from(named, ([name, rest]) => ({ name: decodeText(Buffer.from(name, 'latin1')), ...rest }));
}

function addressOf({ body }: Message): GuestIpAddress | undefined {
  // IFA_ADDRESS of a point-to-point link is the other end.
  const bytes =
    attributeOf(body, ADDRESS_HEADER, IFA_LOCAL) ?? attributeOf(body, ADDRESS_HEADER, IFA_ADDRESS);
  const [family, length = 0] = body;
  const text = bytes && ipAddressText(bytes);
  const isIpv4 = family === AF_INET && bytes?.length === 4;
  const isIpv6 = family === AF_INET6 && bytes?.length === 16;
  if (text === undefined || !(isIpv4 || isIpv6)) return undefined;
  return {
    'ip-address': text,
    'ip-address-type': isIpv4 ? 'ipv4' : 'ipv6',
    prefix: Math.min(length, 8 * bytes.length),
  };
}

function nameOf(bytes: Buffer | undefined): string | undefined {
  return bytes && untilNul(bytes).toString('latin1');
}

/** Shorter addresses are padded, longer ones are cut, as `SIOCGIFHWADDR` does, which qemu-ga uses. */
function hardwareText(bytes: Buffer | undefined): string {
  const digits = bytes?.toString('hex', 0, HARDWARE_BYTES) ?? '';
  return digits.padEnd(2 * HARDWARE_BYTES, '0').replace(/..(?!$)/g, '$&:');
}

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
