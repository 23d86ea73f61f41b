import assert from 'node:assert/strict';
import { readFileSync, statfsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type FilesystemSpace, statvfs, statvfsCached } from '../src/filesystem-space.js';

/** Returns the number of the mount at a mount point. */
function mountAt(path: string): number {
  const lines = readFileSync('/proc/self/mountinfo', 'latin1').split('\n');
  const line = lines.findLast((candidate) => candidate.split(' ')[4] === path);
  assert.ok(line !== undefined, `nothing is mounted at ${path}`);
  return Number(line.split(' ')[0]);
}

function assertIsOf(space: FilesystemSpace | undefined, path: string): void {
  const { bsize, blocks } = statfsSync(path);
  assert.equal(space?.blocks, BigInt(blocks));
  assert.equal(space.blockSize, BigInt(bsize));
}

describe('statvfs', () => {
  test('returns the space of a filesystem', async () => {
    assertIsOf(await statvfs(Buffer.from('/tmp')), '/tmp');
  });

  test('returns undefined for a missing path', async () => {
    assert.equal(await statvfs(Buffer.from('/no/such/path')), undefined);
  });
});

describe('statvfsCached', () => {
  test('returns the space of a mounted filesystem', () => {
    // Not the root, which may be an overlay: these have no file handles.
    assertIsOf(statvfsCached(Buffer.from('/dev/shm'), mountAt('/dev/shm')), '/dev/shm');
  });

  test('returns undefined if the path is on another mount', () => {
    assert.equal(statvfsCached(Buffer.from('/dev/shm'), mountAt('/')), undefined);
  });

  test('returns undefined for a missing path', () => {
    assert.equal(statvfsCached(Buffer.from('/no/such/path'), mountAt('/dev/shm')), undefined);
  });
});
