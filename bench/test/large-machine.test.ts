import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addressLines, groupsOf, setupScript } from '../src/large-machine.js';

describe('groupsOf', () => {
  it('has one group of a few mounts and equal groups of many', () => {
    assert.deepEqual(groupsOf(0), { size: 0, count: 0 });
    assert.deepEqual(groupsOf(10), { size: 10, count: 1 });
    assert.deepEqual(groupsOf(150), { size: 50, count: 3 });
    assert.deepEqual(groupsOf(5000), { size: 50, count: 100 });
  });
});

describe('addressLines', () => {
  it('gives different addresses', () => {
    const addresses = addressLines(70_000).match(/\d+\.\d+\.\d+\.\d+/g) ?? [];
    assert.equal(new Set(addresses).size, 70_000);
    assert.equal(addresses[300], '10.1.1.44');
  });
});

describe('setupScript', () => {
  it('mounts each disk, a group once, and copies of the group', () => {
    const groups = groupsOf(100);
    const lines = setupScript({ base: '/b', source: '/s', devices: ['/dev/loop8'], groups }).split('\n');
    assert.equal(lines[0], '/usr/sbin/ip -batch /b/addresses');
    assert.equal(lines[1], '/usr/bin/mount -t ext4 /dev/loop8 /b/disk-0');
    assert.equal(lines.filter((line) => line.includes('--bind')).length, 50);
    assert.deepEqual(lines.slice(-2), ['/usr/bin/mount --rbind /b/group-0 /b/group-1', '']);
  });
});
