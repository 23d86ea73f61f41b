import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { posixZone } from '../../../src/guest/system/posix-zone.js';
import { localZone } from '../../../src/guest/system/time-zone.js';
import { parseTzif } from '../../../src/guest/system/tzif.js';
import { standIns } from '../../support/stand-ins.js';
import { tzif } from '../../support/tzif.js';

function at(iso: string): number {
  return Date.parse(iso) / 1000;
}
function zone(Tz: string, root = '') {
  return localZone({ root, env: { TZ: Tz } });
}

/** The results of qemu-ga 10.0.13. */
const fixed: readonly (readonly [name: string, abbreviation: string, offset: number])[] = [
  ['', 'UTC', 0],
  ['UTC', 'UTC', 0],
  ['UTC0', 'UTC', 0],
  ['UTC+3', 'UTC', -10_800],
  ['FOO3', 'FOO', -10_800],
  ['<+03>-3', '+03', 10_800],
  ['<-0330>3:30', '-0330', -12_600],
  ['+02:00', '+02:00', 7200],
  ['-0330', '-0330', -12_600],
  ['-01:02:03', '-01:02:03', -3723],
  ['+010203', '+010203', 3723],
  ['05', '05', 18_000],
  ['+1', '+1', 3600],
  ['Z', 'Z', 0],
  ['+24:00', '+24:00', 86_400],
  // What nobody understands is UTC.
  ['+25:00', 'UTC', 0],
  ['+10:60', 'UTC', 0],
  ['1234567', 'UTC', 0],
  ['nonsense/zone', 'UTC', 0],
  ['AEST-10AEDT', 'UTC', 0],
];

for (const [name, abbreviation, offset] of fixed) {
  test(`localZone for TZ='${name}' is ${abbreviation}, ${offset} s from UTC`, () => {
    using stand = standIns();
    assert.deepEqual(zone(name, stand.root)(at('2024-07-01T00:00:00Z')), { abbreviation, offset });
  });
}

/** Moments at which clocks are put forward or back: one second before, and then. */
const changes: readonly (readonly [rule: string, moment: string, before: string, then: string])[] = [
  ['CET-1CEST,M3.5.0,M10.5.0/3', '2024-03-31T01:00:00Z', 'CET 3600', 'CEST 7200'],
  ['CET-1CEST,M3.5.0,M10.5.0/3', '2024-10-27T01:00:00Z', 'CEST 7200', 'CET 3600'],
  ['EST5EDT,M3.2.0,M11.1.0', '2023-03-12T07:00:00Z', 'EST -18000', 'EDT -14400'],
  ['EST5EDT,M3.2.0,M11.1.0', '2023-11-05T06:00:00Z', 'EDT -14400', 'EST -18000'],
  // Summer over the turn of the year.
  ['NZST-12NZDT,M9.5.0,M4.1.0/3', '2023-09-23T14:00:00Z', 'NZST 43200', 'NZDT 46800'],
  ['NZST-12NZDT,M9.5.0,M4.1.0/3', '2024-04-06T14:00:00Z', 'NZDT 46800', 'NZST 43200'],
  // Half an hour, negative hours, hours beyond a day.
  ['<+1030>-10:30<+11>-11,M10.1.0,M4.1.0', '2024-04-06T15:00:00Z', '+11 39600', '+1030 37800'],
  ['<-02>2<-01>,M3.5.0/-1,M10.5.0/0', '2024-03-31T01:00:00Z', '-02 -7200', '-01 -3600'],
  ['IST-2IDT,M3.4.4/26,M10.5.0', '2024-03-29T00:00:00Z', 'IST 7200', 'IDT 10800'],
  // Winter that is called summer, as in Ireland.
  ['IST-1GMT0,M10.5.0,M3.5.0/1', '2024-10-27T01:00:00Z', 'IST 3600', 'GMT 0'],
  // Days of the year, the 29th of February counted or not.
  ['AAA0BBB,J60,J300', '2024-03-01T02:00:00Z', 'AAA 0', 'BBB 3600'],
  ['AAA0BBB,59,300', '2024-02-29T02:00:00Z', 'AAA 0', 'BBB 3600'],
];

for (const [rule, moment, before, then] of changes) {
  test(`posixZone for ${rule} changes to ${then} at ${moment}`, () => {
    const local = zone(rule);
    const shown = (seconds: number): string => {
      const { abbreviation, offset } = local(seconds);
      return `${abbreviation} ${offset}`;
    };
    assert.equal(shown(at(moment) - 1), before);
    assert.equal(shown(at(moment)), then);
  });
}

for (const rule of [
  'AB3',
  'AAA',
  'AAA3BBB',
  'AAA3BBB,M13.1.0,M1.1.0',
  'AAA3BBB,J0,J1',
  'AAA3BBB,366,1',
  'AAA3BBB,M3.5.0',
  '<A>3',
  'AAA3BBB,M3.5.0/x,M4.1.0',
]) {
  test(`posixZone rejects ${rule}`, () => assert.equal(posixZone(rule), undefined));
}

for (const version of [1, 2] as const) {
  test(`parseTzif of version ${version} finds the last change before a moment`, () => {
    const file = tzif({
      version,
      types: [
        ['LMT', 3208],
        ['CET', 3600],
        ['CEST', 7200],
      ],
      changes: [
        [-1_000_000_000, 1],
        [0, 2],
        [1_000_000_000, 1],
      ],
    });
    const local = parseTzif(file);
    assert.ok(local);
    const names = [-2e9, -1e9 - 1, -1e9, -1, 0, 1e9 - 1, 1e9, 5e9].map(
      (moment) => local(moment).abbreviation,
    );
    assert.deepEqual(names, ['LMT', 'LMT', 'CET', 'CET', 'CEST', 'CEST', 'CET', 'CET']);
    assert.equal(local(0).offset, 7200);
  });
}

test('parseTzif applies the rule after the last change', () => {
  const local = parseTzif(
    tzif({ version: 2, types: [['LMT', 1]], changes: [[0, 0]], rule: 'CET-1CEST,M3.5.0,M10.5.0/3' }),
  );
  assert.equal(local?.(-1).abbreviation, 'LMT');
  assert.equal(local?.(at('2100-07-01T00:00:00Z')).abbreviation, 'CEST');
});

test('parseTzif returns undefined for truncated or random bytes, and never throws', () => {
  const file = tzif({ version: 2, types: [['LMT', 1]], changes: [[0, 0]] });
  for (let length = 0; length < file.length - 2; length += 1) {
    assert.equal(parseTzif(file.subarray(0, length)), undefined, `${length} bytes`);
  }
  fc.assert(
    fc.property(fc.nat(file.length - 1), fc.nat(255), fc.integer(), (index, byte, moment) => {
      const spoiled = Buffer.from(file);
      spoiled[index] = byte;
      parseTzif(spoiled)?.(moment);
    }),
  );
});

const ZONEINFO = '/usr/share/zoneinfo';
const noZones = existsSync(`${ZONEINFO}/Europe/Berlin`)
  ? false
  : 'time zones: install the Debian package tzdata';

test('localZone agrees with the zones of the JavaScript engine on this machine', { skip: noZones }, () => {
  for (const name of [
    'Europe/Berlin',
    'America/New_York',
    'Asia/Kolkata',
    'Pacific/Auckland',
    'Europe/Dublin',
  ]) {
    const local = zone(name);
    const clock = new Intl.DateTimeFormat('en', { timeZone: name, timeZoneName: 'longOffset' });
    for (
      let moment = at('1990-01-01T00:00:00Z');
      moment < at('2040-01-01T00:00:00Z');
      moment += 37 * 86_400
    ) {
      const text =
        clock.formatToParts(moment * 1000).find(({ type }) => type === 'timeZoneName')?.value ?? '';
      const [, sign, hours = '0', minutes = '0'] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(text) ?? [];
      const offset = (sign === '-' ? -60 : 60) * (Number(hours) * 60 + Number(minutes));
      assert.equal(local(moment).offset + 0, offset + 0, `${name} ${new Date(moment * 1000).toISOString()}`);
    }
  }
});

test('localZone searches the system’s zones for a name, and opens a path unchanged', () => {
  using stand = standIns();
  const file = tzif({ version: 2, types: [['XYZ', 60]], changes: [] });
  stand.file('usr/share/zoneinfo/Area/City', file);
  stand.file('etc/localtime', tzif({ version: 2, types: [['HERE', 120]], changes: [] }));
  const path = stand.folder.file('usr/share/zoneinfo/Area/City');
  for (const name of ['Area/City', ':Area/City', path, `:${path}`]) {
    assert.deepEqual(zone(name, stand.root)(0), { abbreviation: 'XYZ', offset: 60 }, name);
  }
  assert.deepEqual(localZone({ root: stand.root, env: {} })(0), { abbreviation: 'HERE', offset: 120 });
  const elsewhere = { TZ: 'City', TZDIR: stand.folder.file('usr/share/zoneinfo/Area') };
  assert.equal(localZone({ root: '', env: elsewhere })(0).abbreviation, 'XYZ');
});

test('localZone is UTC for a guest without a time zone', () => {
  using stand = standIns();
  assert.equal(localZone({ root: stand.root, env: {} })(0).abbreviation, 'UTC');
  stand.file('etc/localtime', 'garbage');
  assert.equal(localZone({ root: stand.root, env: {} })(0).abbreviation, 'UTC');
});
