import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mock, test } from 'node:test';
import { kernelFreezer } from '../../src/freeze/filesystem-freezer.js';
import { thawAll } from '../../src/freeze/thaw-others.js';
import { readMounts } from '../../src/guest/storage/mounts.js';
import { later } from '../support/later.js';
import { collectingLogger } from '../support/logger.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { until } from '../support/until.js';

test('thawAll skips a filesystem whose last thaw has not ended, and thaws it again afterwards', async () => {
  using folder = temporaryFolder();
  mkdirSync(folder.file('proc/self'), { recursive: true });
  writeFileSync(folder.file('proc/self/mountinfo'), '1 0 8:1 / /data rw - ext4 /dev/sda1 rw\n');
  const mounts = await readMounts({ root: folder.path, log: collectingLogger() });
  const hanging = later<boolean>();
  let started = 0;
  const thaw = (): Promise<boolean> => {
    started += 1;
    return hanging.promise;
  };
  const freezer = {
    ...kernelFreezer,
    open: async () => ({ freeze: async () => false, thaw, close() {} }),
  };
  const pending = new Set<string>();
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const first = thawAll(mounts, mounts, freezer, pending);
    mock.timers.tick(10_000);
    assert.equal(await first, 0);
    assert.equal(await thawAll(mounts, mounts, freezer, pending), 0);
    assert.equal(started, 1);
  } finally {
    mock.timers.reset();
  }
  hanging.settle(true);
  await until(() => pending.size === 0);
  assert.equal(await thawAll(mounts, mounts, freezer, pending), 1);
  assert.equal(started, 2);
});
