import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';
import { posixZone } from '../../src/guest/system/posix-zone.js';
import { parseTzif } from '../../src/guest/system/tzif.js';
import { tzif } from '../support/tzif.js';

const MOMENTS = [-1e10, -1, 0, 1e9, 1.7e9, 2 ** 31, 4e9];

export const target: FuzzTarget = {
  name: 'time-zone',
  invariants:
    'a TZif file or POSIX rule is a zone or undefined, never an error; a zone has a whole offset at any moment',
  covers: ['agent/dist/src/guest/system/tzif', 'agent/dist/src/guest/system/posix-zone'],
  seeds: [
    tzif({ version: 1, types: [['UTC', 0]], changes: [] }),
    tzif({
      version: 2,
      types: [
        ['CET', 3600],
        ['CEST', 7200],
      ],
      changes: [
        [1000, 1],
        [1e9, 0],
      ],
      rule: 'CET-1CEST,M3.5.0,M10.5.0/3',
    }),
    'CET-1CEST,M3.5.0,M10.5.0/3',
    '<+0330>-3:30<+0430>,J79/24,J263/24',
    'EST5EDT,0/0,J365/25',
    'UTC0',
  ],
  dictionary: ['TZif', '2', 'M3.5.0', 'J60', ',', '/', '<', '>', '-', '+', ':', '24', 'EST', '\n'],
  structure: ['tokens', 6],
  run(input) {
    const zones = [parseTzif(input), posixZone(input.toString('latin1'))];
    for (const zone of zones) {
      if (zone === undefined) continue;
      for (const moment of MOMENTS) {
        const { offset, abbreviation } = zone(moment);
        assert.ok(Number.isInteger(offset), `offset ${offset}`);
        assert.ok(abbreviation.length <= input.length);
      }
    }
    return zones.map((zone) => (zone === undefined ? '-' : 'zone')).join(' ');
  },
};
