import assert from 'node:assert/strict';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { kernelFreezer } from '../../src/freeze/filesystem-freezer.js';
import { deviceKey, splitDeviceNumber } from '../../src/guest/storage/mount-table.js';
import { readMounts } from '../../src/guest/storage/mounts.js';
import { collectingLogger } from '../support/logger.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A device that no file of this machine is on. */
const DEVICE = '4095:7';

/** Opens the filesystem of a mount list with one line, whose mount point is a folder of this machine. */
async function openOnly(device: (directory: string) => string) {
  using folder = temporaryFolder();
  const directory = folder.file('mounted');
  mkdirSync(directory);
  mkdirSync(folder.file('proc/self'), { recursive: true });
  const line = `1 0 ${device(directory)} / ${directory} rw - ext4 /dev/sda1 rw\n`;
  writeFileSync(folder.file('proc/self/mountinfo'), line);
  const mounts = await readMounts({ root: folder.path, log: collectingLogger() });
  const [mount] = mounts;
  assert.ok(mount);
  const opened = await kernelFreezer.open(mount, mounts);
  opened?.close();
  return opened;
}

test('kernelFreezer.open skips a mount point whose files are on a filesystem that is not in the mount list', async () => {
  assert.equal(await openOnly(() => DEVICE), undefined);
});

test('kernelFreezer.open opens a mount point whose files have the device number of the mount list', async () => {
  const numberOf = (directory: string) =>
    deviceKey(splitDeviceNumber(statSync(directory, { bigint: true }).dev));
  assert.notEqual(await openOnly(numberOf), undefined);
});
