import { readFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { ipAddressText } from '@guestwire/posix';
import type { GuestNetworkRoute } from '@guestwire/protocol/contract';
import { decodeText } from '@guestwire/protocol/wire';
import { OperationError } from '../../operation-error.js';

const IPV4_COLUMNS = 11;
const IPV6_COLUMNS = 10;

const LISTS = [
  { path: '/proc/net/route', parse: parseIpv4Routes },
  { path: '/proc/net/ipv6_route', parse: parseIpv6Routes },
] as const;

/**
 * Returns all routes, IPv4 first (qemu-ga §5.18). A kernel may have only one of the two lists.
 * @throws {OperationError} if it has neither
 */
export async function readRoutes(root: string): Promise<GuestNetworkRoute[]> {
  const routes: GuestNetworkRoute[] = [];
  const failures: OperationError[] = [];
  for (const { path, parse } of LISTS) {
    try {
      // A full internet table has a million routes: too many arguments for one `push`.
      for (const route of parse(decodeText(await readFile(`${root}${path}`)))) routes.push(route);
    } catch (cause) {
      failures.push(OperationError.of(`open("${path}")`, cause));
    }
  }
  if (failures.length === LISTS.length) throw failures[0];
  return routes;
}

/** Parses `/proc/net/route`. The first line is a heading; lines with malformed addresses are ignored. */
function parseIpv4Routes(text: string): GuestNetworkRoute[] {
  return rows(text.slice(text.indexOf('\n') + 1), IPV4_COLUMNS).flatMap((row): GuestNetworkRoute[] => {
    const [destination, gateway, mask] = [dotted(row(1)), dotted(row(2)), dotted(row(7))];
    if (destination === undefined || gateway === undefined || mask === undefined) return [];
    return [
      {
        iface: row(0),
        destination,
        metric: decimal(row(6)),
        gateway,
        mask,
        irtt: decimal(row(10)),
        flags: signed(row(3)) >>> 0,
        refcnt: decimal(row(4)),
        use: decimal(row(5)),
        window: decimal(row(9)),
        mtu: decimal(row(8)),
        version: 4,
      },
    ];
  });
}

/** Parses `/proc/net/ipv6_route`. Lines with malformed addresses are ignored. */
function parseIpv6Routes(text: string): GuestNetworkRoute[] {
  return rows(text, IPV6_COLUMNS).flatMap((row): GuestNetworkRoute[] => {
    const [destination, source, nexthop] = [address(row(0)), address(row(2)), address(row(4))];
    if (destination === undefined || source === undefined || nexthop === undefined) return [];
    return [
      {
        iface: row(9),
        destination,
        metric: signed(row(5)),
        // qemu-ga extends the sign to 64 bits.
        flags: BigInt.asUintN(64, BigInt(signed(row(8)))),
        refcnt: signed(row(6)),
        use: signed(row(7)),
        desprefixlen: String(signed(row(1))),
        source,
        srcprefixlen: String(signed(row(3))),
        nexthop,
        version: 6,
      },
    ];
  });
}

function address(hex: string): string | undefined {
  return ipAddressText(Buffer.from(hex, 'hex'));
}

type Row = (column: number) => string;

function rows(text: string, columns: number): Row[] {
  return text.split('\n').flatMap((line): Row[] => {
    const words = line.trim().split(/\s+/);
    return words.length < columns ? [] : [(column) => words[column] ?? ''];
  });
}

/** The kernel writes an IPv4 address as one number in the machine's byte order. */
function dotted(hex: string): string | undefined {
  const bytes = Buffer.from(hex, 'hex');
  return ipAddressText(endianness() === 'LE' ? bytes.reverse() : bytes);
}

function decimal(digits: string): number {
  return Number.parseInt(digits, 10) | 0;
}

/** Parses a 32-bit hexadecimal number, which qemu-ga treats as signed. */
function signed(hex: string): number {
  return Number.parseInt(hex, 16) | 0;
}
