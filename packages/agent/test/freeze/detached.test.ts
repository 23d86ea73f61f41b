import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detachedFilesystem } from '../../src/freeze/detached.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const FILESYSTEM = { major: 4095, minor: 0, type: 'ext4', directory: '/data' };

test('detachedFilesystem finds no filesystem on a device that sysfs does not have', async () => {
  using folder = temporaryFolder();
  assert.equal(await detachedFilesystem(FILESYSTEM, folder.path), undefined);
});

test('detachedFilesystem rejects without sysfs, since the device may exist', async () => {
  using folder = temporaryFolder();
  await assert.rejects(detachedFilesystem(FILESYSTEM, folder.file('missing')), {
    name: 'OperationError',
    message: /^failed to open \/data by its device: /,
  });
});
