import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';
import { encodeReply, success } from '@guestwire/protocol';
import { parseCpuStatistics } from '../../src/guest/cpu/cpu-statistics.js';
import { parseInterfaceStatistics } from '../../src/guest/network/interfaces.js';
import { readRoutes } from '../../src/guest/network/routes.js';
import { parseDiskStatistics } from '../../src/guest/storage/disk-statistics.js';
import { fuzzFile } from '../support/fuzz-file.js';

const ipv4Routes = fuzzFile('proc/net/route');
const ipv6Routes = fuzzFile('proc/net/ipv6_route');

export const target: FuzzTarget = {
  name: 'kernel-tables',
  invariants: 'tables of /proc never throw, and have a reply of one line of ASCII whose numbers are exact',
  covers: [
    'agent/dist/src/guest/cpu/cpu-statistics',
    'agent/dist/src/guest/network/interfaces',
    'agent/dist/src/guest/network/routes',
    'agent/dist/src/guest/storage/disk-statistics',
  ],
  seeds: [
    'cpu  1 2 3 4\ncpu0 100 200 300 400 5 6 7 8 9 10\ncpu1 1 2 3 4\nintr 1 2\n',
    '   8       0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n   8       1 sda1 1 2 3 4\n 253 0 dm-0 1 2 3 4 5 6 7 8 9 10 11\n',
    'Inter-|   Receive\n face |bytes\n  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n',
    'Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\neth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n',
    'fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n',
  ],
  dictionary: [
    'cpu',
    'cpu0',
    'eth0:',
    '\t',
    '  ',
    '\n',
    '-1',
    '0x',
    'ffffffff',
    '18446744073709551615',
    '0100000A',
  ],
  structure: ['lines', 'tokens'],
  async run(input) {
    const text = input.toString();
    let invalid = 0;
    const tables: readonly (readonly unknown[])[] = [
      parseCpuStatistics(text, () => invalid++),
      parseDiskStatistics(text),
      [...parseInterfaceStatistics(text).values()],
      await readRoutes(ipv4Routes.write(input)),
      await readRoutes(ipv6Routes.write(input)),
    ];
    for (const table of tables) {
      const reply = Buffer.concat([...encodeReply(success(table))]).toString('latin1');
      assert.match(reply, /^[ -~]*\n$/);
      assert.doesNotMatch(reply.replace(/"[^"]*"/g, ''), /nan|inf|\d[.e]/);
    }
    return `${tables.map((table) => Math.min(table.length, 1)).join('')}${invalid}`;
  },
};
