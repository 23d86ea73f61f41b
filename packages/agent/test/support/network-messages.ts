import {
  type Message,
  type RouteNetlink,
  RTM_GETADDR,
  RTM_GETLINK,
} from '../../src/guest/network/netlink.js';

/** A network interface of a fake guest. */
export interface FakeInterface {
  readonly name: string;
  /** Hexadecimal with colons. */
  readonly hardwareAddress: string;
  readonly ipv4: FakeAddress;
  readonly ipv6: FakeAddress;
}

interface FakeAddress {
  /** In hexadecimal, without separators. */
  readonly bytes: string;
  readonly prefix: number;
}

/** The kernel's lists of some interfaces, in their order. */
export function fakeNetlink(interfaces: readonly FakeInterface[]): RouteNetlink {
  const links = interfaces.map(({ name, hardwareAddress }, i) => ({
    type: RTM_NEWLINK,
    body: Buffer.concat([
      words(0, i + 1, 0, 0),
      attribute(IFLA_ADDRESS, Buffer.from(hardwareAddress.replaceAll(':', ''), 'hex')),
      attribute(IFLA_IFNAME, Buffer.from(`${name}\0`)),
    ]),
  }));
  const address = (family: number, index: number, { bytes, prefix }: FakeAddress): Message => ({
    type: RTM_NEWADDR,
    body: Buffer.concat([
      Buffer.from([family, prefix, 0, 0]),
      words(index),
      attribute(IFA_ADDRESS, Buffer.from(bytes, 'hex')),
    ]),
  });
  const addresses = [
    ...interfaces.map(({ ipv4 }, i) => address(AF_INET, i + 1, ipv4)),
    ...interfaces.map(({ ipv6 }, i) => address(AF_INET6, i + 1, ipv6)),
  ];
  const lists = new Map([
    [RTM_GETLINK, links],
    [RTM_GETADDR, addresses],
  ]);
  return { dump: (type) => lists.get(type) ?? [] };
}

const RTM_NEWLINK = 16;
const RTM_NEWADDR = 20;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFA_ADDRESS = 1;
const AF_INET = 2;
const AF_INET6 = 10;

/** Numbers are in the order of the machine, and every attribute begins at a multiple of four. */
function words(...numbers: number[]): Buffer {
  return Buffer.from(Uint32Array.from(numbers).buffer);
}

function attribute(type: number, value: Buffer): Buffer {
  const header = Buffer.from(Uint16Array.of(4 + value.length, type).buffer);
  return Buffer.concat([header, value, Buffer.alloc(-value.length & 3)]);
}
