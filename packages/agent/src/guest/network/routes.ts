import { readFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import type { GuestNetworkRoute } from '@guestwire/protocol/contract';
import { decodeText } from '@guestwire/protocol/wire';
import { OperationError } from '../../operation-error.js';
import { ipv4Text, ipv6Text } from './ip-address.js';

const IPV4_COLUMNS = 11;
const IPV6_COLUMNS = 10;

/** Where the kernel lists its routes, and how. */
const LISTS = [
  { path: '/proc/net/route', parse: parseIpv4Routes },
  { path: '/proc/net/ipv6_route', parse: parseIpv6Routes },
] as const;

/**
 * All routes, those of IPv4 first (qemu-ga §5.18). Where the kernel has but one version of the protocol, the routes
 * of that one are all.
 *
 * @throws {OperationError} if there is no list at all
 */
export async function readRoutes(root: string): Promise<GuestNetworkRoute[]> {
  const found: GuestNetworkRoute[] = [];
  let failure: OperationError | undefined;
  let readable = false;
  for (const { path, parse } of LISTS) {
    try {
      // A full table of the internet has a million lines: too many for the arguments of one `push`.
      for (const route of parse(decodeText(await readFile(`${root}${path}`)))) found.push(route);
      readable = true;
    } catch (cause) {
      failure ??= OperationError.of(`open("${path}")`, cause);
    }
  }
  if (failure !== undefined && !readable) throw failure;
  return found;
}

/** Takes `/proc/net/route` apart. Its first line is a heading; lines with too few columns count for nothing. */
function parseIpv4Routes(text: string): GuestNetworkRoute[] {
  return rows(text.slice(text.indexOf('\n') + 1), IPV4_COLUMNS).map((row) => ({
    iface: row(0),
    destination: dotted(row(1)),
    metric: decimal(row(6)),
    gateway: dotted(row(2)),
    mask: dotted(row(7)),
    irtt: decimal(row(10)),
    flags: Number.parseInt(row(3), 16),
    refcnt: decimal(row(4)),
    use: decimal(row(5)),
    window: decimal(row(9)),
    mtu: decimal(row(8)),
    version: 4,
  }));
}

/** Takes `/proc/net/ipv6_route` apart. */
function parseIpv6Routes(text: string): GuestNetworkRoute[] {
  return rows(text, IPV6_COLUMNS).map((row) => ({
    iface: row(9),
    destination: ipv6Text(Buffer.from(row(0), 'hex')),
    metric: signed(row(5)),
    // As in the reference, the sign goes through all of 64 bits.
    flags: BigInt.asUintN(64, BigInt(signed(row(8)))),
    refcnt: signed(row(6)),
    use: signed(row(7)),
    desprefixlen: String(signed(row(1))),
    source: ipv6Text(Buffer.from(row(2), 'hex')),
    srcprefixlen: String(signed(row(3))),
    nexthop: ipv6Text(Buffer.from(row(4), 'hex')),
    version: 6,
  }));
}

type Row = (column: number) => string;

function rows(text: string, columns: number): Row[] {
  return text.split('\n').flatMap((line): Row[] => {
    const words = line.trim().split(/\s+/);
    return words.length < columns ? [] : [(column) => words[column] ?? ''];
  });
}

/** The kernel writes the bytes of an address as one number, in the order of the machine. */
function dotted(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  return ipv4Text(endianness() === 'LE' ? bytes.reverse() : bytes);
}

function decimal(digits: string): number {
  return Number.parseInt(digits, 10) | 0;
}

/** A hexadecimal number of 32 bits, which the reference takes as signed. */
function signed(hex: string): number {
  return Number.parseInt(hex, 16) | 0;
}
