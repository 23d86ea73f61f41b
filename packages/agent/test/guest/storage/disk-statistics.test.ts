import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDiskStatistics } from '../../../src/guest/storage/disk-statistics.js';

function counts(n: number): string {
  return Array.from({ length: n }, (_, i) => i + 1).join(' ');
}

test('parseDiskStatistics reads the seventeen counters of a current kernel', () => {
  assert.deepEqual(parseDiskStatistics(` 254       0 vda ${counts(17)}\n`), [
    {
      name: 'vda',
      major: 254,
      minor: 0,
      stats: {
        'read-sectors': 3,
        'read-ios': 1,
        'read-merges': 2,
        'write-sectors': 7,
        'write-ios': 5,
        'write-merges': 6,
        'discard-sectors': 14,
        'discard-ios': 12,
        'discard-merges': 13,
        'flush-ios': 16,
        'read-ticks': 4,
        'write-ticks': 8,
        'discard-ticks': 15,
        'flush-ticks': 17,
        'ios-pgr': 9,
        'total-ticks': 10,
        'weight-ticks': 11,
      },
    },
  ]);
});

for (const [told, members] of [
  [4, 4],
  [5, 0],
  [10, 0],
  [11, 11],
  [14, 11],
  [15, 15],
  [16, 15],
  [17, 17],
  [30, 17],
] as const) {
  test(`parseDiskStatistics reads ${members} of ${told} counters`, () => {
    const [device] = parseDiskStatistics(`8 1 sda1 ${counts(told)}`);
    assert.equal(Object.keys(device?.stats ?? { none: 0 }).length, members);
  });
}

test('parseDiskStatistics reads ios and sectors of an old partition', () => {
  assert.deepEqual(parseDiskStatistics('8 1 sda1 10 20 30 40')[0]?.stats, {
    'read-sectors': 20,
    'read-ios': 10,
    'write-sectors': 40,
    'write-ios': 30,
  });
});

test('parseDiskStatistics is exact in 64 bits', () => {
  const [device] = parseDiskStatistics(
    `9007199254740993 0 sda 18446744073709551615 9007199254740993 ${counts(9)}`,
  );
  assert.equal(device?.major, 9007199254740993n);
  assert.equal(device?.stats['read-ios'], 18446744073709551615n);
  assert.equal(device?.stats['read-merges'], 9007199254740993n);
});

test('parseDiskStatistics ignores invalid lines, and keeps the order of the others', () => {
  const text = `\n8 0\nx 0 sda ${counts(17)}\n8 x sda ${counts(17)}\n8 1 b ${counts(3)}\n8 2 c 1 2 3 4 x 6\n8 3 d ${counts(11)}`;
  assert.deepEqual(
    parseDiskStatistics(text).map(({ name }) => name),
    ['c', 'd'],
  );
});
