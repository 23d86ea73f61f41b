import { decodeText } from '@guestwire/protocol/wire';
import { ipv4Text, ipv6Text } from './ip-address.js';
import {
  attributeOf,
  type Message,
  type RouteNetlink,
  RTM_GETADDR,
  RTM_GETLINK,
  uint32,
  uint32Attribute,
} from './netlink.js';

/** A name that the guest's addresses go by: an interface, or the label of some addresses of one. */
export interface NamedInterface {
  readonly name: string;
  /** Six bytes in hexadecimal with colons; undefined for a label that is made of no interface's name. */
  readonly hardwareAddress: string | undefined;
  readonly addresses: readonly InterfaceAddress[];
}

export interface InterfaceAddress {
  readonly version: 4 | 6;
  readonly text: string;
  /** Leading bits that name the network. */
  readonly prefix: number;
}

const AF_INET = 2;
const AF_INET6 = 10;

const LINK_HEADER = 16;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_EXT_MASK = 29;
/** Spares the kernel counting what nobody asked for. */
const RTEXT_FILTER_SKIP_STATS = 8;

const ADDRESS_HEADER = 8;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_LABEL = 3;

const HARDWARE_BYTES = 6;

const LINK_REQUEST = Buffer.concat([
  Buffer.alloc(LINK_HEADER),
  uint32Attribute(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS),
]);
const ADDRESS_REQUEST = Buffer.alloc(ADDRESS_HEADER);

/**
 * Asks the kernel for interfaces and addresses, as `getifaddrs` of the C library does and in its order: all interfaces,
 * also those that are down, then labels (qemu-ga §5.16).
 *
 * @throws a system error
 */
export function readInterfaces(netlink: RouteNetlink): NamedInterface[] {
  // In this order: an interface that comes up in between has addresses without a name, which do not count.
  const links = netlink.dump(RTM_GETLINK, LINK_REQUEST);
  return interfacesOf(links, netlink.dump(RTM_GETADDR, ADDRESS_REQUEST));
}

/** What the kernel's two lists come to. */
function interfacesOf(links: readonly Message[], addresses: readonly Message[]): NamedInterface[] {
  // Names are bytes; here they are Latin-1, one character for each.
  const named = new Map<string, { hardwareAddress: string | undefined; addresses: InterfaceAddress[] }>();
  const nameByIndex = new Map<number, string>();
  for (const { body } of links) {
    const name = nameOf(attributeOf(body, LINK_HEADER, IFLA_IFNAME));
    if (name === undefined) continue;
    nameByIndex.set(uint32(body, 4), name);
    named.set(name, {
      hardwareAddress: hardwareText(attributeOf(body, LINK_HEADER, IFLA_ADDRESS)),
      addresses: [],
    });
  }
  for (const { body } of addresses) {
    const attribute = (type: number): Buffer | undefined => attributeOf(body, ADDRESS_HEADER, type);
    const name = nameOf(attribute(IFA_LABEL)) ?? nameByIndex.get(uint32(body, 4));
    // Of a point-to-point link `IFA_ADDRESS` is the other end.
    const address = addressOf(body, attribute(IFA_LOCAL) ?? attribute(IFA_ADDRESS));
    if (name === undefined || address === undefined) continue;
    const known = named.get(name);
    if (known !== undefined) known.addresses.push(address);
    // A label begins with the name of its interface, and the kernel looks no further than the colon.
    else {
      const hardwareAddress = named.get(name.replace(/:.*/s, ''))?.hardwareAddress;
      named.set(name, { hardwareAddress, addresses: [address] });
    }
  }
  return Array.from(named, ([name, rest]) => ({ name: decodeText(Buffer.from(name, 'latin1')), ...rest }));
}

function addressOf(body: Buffer, bytes: Buffer | undefined): InterfaceAddress | undefined {
  const [family, length = 0] = body;
  if (family === AF_INET && bytes?.length === 4) {
    return { version: 4, text: ipv4Text(bytes), prefix: Math.min(length, 32) };
  }
  if (family === AF_INET6 && bytes?.length === 16) {
    return { version: 6, text: ipv6Text(bytes), prefix: Math.min(length, 128) };
  }
  return undefined;
}

/** The text of an attribute up to its NUL. */
function nameOf(bytes: Buffer | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
}

/** Shorter addresses are filled up, longer ones are cut: so does `SIOCGIFHWADDR`, as the C agent prints it. */
function hardwareText(bytes: Buffer | undefined): string {
  const digits = bytes?.toString('hex', 0, HARDWARE_BYTES) ?? '';
  return digits.padEnd(2 * HARDWARE_BYTES, '0').replace(/..(?!$)/g, '$&:');
}
