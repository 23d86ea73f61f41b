import assert from 'node:assert/strict';
import { statfsSync } from 'node:fs';
import { test } from 'node:test';
import { spaceOf } from '../../../src/guest/storage/filesystem-space.js';
import { readMounts } from '../../../src/guest/storage/mounts.js';
import { collectingLogger } from '../../support/logger.js';
import { memoryMount, rootWithMounts } from '../../support/mount-list.js';

/** Asks for the space of the first filesystem of a list of mounts. */
async function ask(lines: readonly string[]) {
  using root = rootWithMounts(lines);
  const [mount] = await readMounts({ root: root.path, log: collectingLogger() });
  assert.ok(mount !== undefined);
  const space = spaceOf(mount);
  return { atOnce: !(space instanceof Promise), blocks: (await space)?.blocks };
}

test('spaceOf asks a filesystem that answers from memory in this thread', async () => {
  const { directory } = memoryMount();
  const blocks = BigInt(statfsSync(directory).blocks);
  for (const type of ['ext2', 'ext3', 'ext4', 'xfs']) {
    assert.deepEqual(await ask([memoryMount().line(type)]), { atOnce: true, blocks });
  }
});

test('spaceOf asks in the thread pool if the answer may wait for a disk or a server', async () => {
  const { directory, line, id } = memoryMount();
  const blocks = BigInt(statfsSync(directory).blocks);
  const later = { atOnce: false, blocks };
  assert.deepEqual(await ask([line('vfat')]), later, 'another type');
  assert.deepEqual(await ask([line('ext4', 'rw,prjquota')]), later, 'project quota');
  assert.deepEqual(await ask([line('xfs', 'rw,pqnoenforce')]), later, 'project quota that is not enforced');
  assert.deepEqual(
    await ask([line('ext4'), `${id + 1} 0 0:99 / ${directory} rw - nfs server:/x rw`]),
    later,
    'another mount over it',
  );
  assert.deepEqual(
    await ask([line('ext4').replace(`${id} `, '2147483647 ')]),
    later,
    'a mount that the path does not lead to',
  );
});
