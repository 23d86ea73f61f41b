import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sortForFreeze } from '../../src/freeze/order.js';
import type { Mount } from '../../src/guest/storage/mounts.js';

/** Returns the order of freezing. @param places the names below each filesystem at any depth; `?` is an unknown one */
function order(places: Readonly<Record<string, readonly string[]>>): string {
  const mounts = Object.entries(places).map(([name, below]) => {
    const directory = Buffer.from(name);
    const mount: Mount = {
      major: 1,
      minor: 1,
      type: 'ext4',
      directory,
      directories: [directory],
      superblock: name,
    };
    return [mount, { superblocks: new Set(below), unknown: below.includes('?') }] as const;
  });
  return sortForFreeze(new Map(mounts))
    .map(({ directory }) => `${directory}`)
    .join(' ');
}

test('sortForFreeze keeps the reverse order of mounting without dependencies', () => {
  assert.equal(order({ a: [], b: [], c: [], d: [] }), 'd c b a');
  assert.equal(order({}), '');
});

test('sortForFreeze moves a filesystem before the one that it is stored on, and no other', () => {
  assert.equal(order({ a: [], loop: ['d'], b: [], d: [], e: [] }), 'e loop d b a');
  assert.equal(order({ a: [], b: [], loop: ['a'] }), 'loop b a');
});

test('sortForFreeze sorts chains and several filesystems on one', () => {
  assert.equal(order({ top: ['middle', 'low'], middle: ['low'], low: [] }), 'top middle low');
  assert.equal(order({ x: ['low'], y: ['low'], low: [], z: ['low'] }), 'z y x low');
});

test('sortForFreeze ends with cycles', () => {
  assert.equal(order({ a: ['a'] }), 'a');
  assert.equal(
    order({ a: ['b'], b: ['a'], c: [] })
      .split(' ')
      .sort()
      .join(''),
    'abc',
  );
});

test('sortForFreeze puts an unknown place before all but what is stored on it', () => {
  assert.equal(order({ lost: ['?'], a: [], b: [] }), 'lost b a');
  assert.equal(order({ on: ['lost', '?'], lost: ['?'], a: [], b: [] }), 'on lost b a');
  assert.equal(order({ on: ['lost'], lost: ['?'], b: [] }), 'on lost b');
});
