import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { readMounts } from '../../../src/guest/storage/mounts.js';
import { collectingLogger } from '../../support/logger.js';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.js';

/** A root whose `/proc/self` has these files. */
function rootWith(files: Record<string, string>): TemporaryFolder {
  const folder = temporaryFolder();
  mkdirSync(folder.file('proc/self'), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(folder.file(`proc/self/${name}`), Buffer.from(text, 'latin1'));
  }
  return folder;
}

/** Mounts as one line each: device, type, mount point. */
async function mountsOf(files: Record<string, string>, log = collectingLogger()): Promise<string[]> {
  using root = rootWith(files);
  const mounts = await readMounts({ root: root.path, log });
  return mounts.map(
    ({ major, minor, type, directory }) => `${major}:${minor} ${type} ${directory.toString('latin1')}`,
  );
}

test('readMounts lists filesystems on block devices in the order of mounting', async () => {
  const mountinfo = [
    '22 28 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw',
    '28 1 253:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro',
    '29 28 0:5 / /dev rw - devtmpfs udev rw',
    '40 28 259:12 / /data rw,relatime - xfs /dev/nvme0n1 rw',
    '41 28 0:50 / /net rw - nfs4 server:/x rw',
    '',
  ].join('\n');
  assert.deepEqual(await mountsOf({ mountinfo }), ['253:1 ext4 /', '259:12 xfs /data']);
});

test('readMounts keeps the first of several mounts of a device', async () => {
  const mountinfo = [
    '30 1 8:1 /sub /bind rw - ext4 /dev/sda1 rw',
    '31 1 8:1 / /whole rw - ext4 /dev/sda1 rw',
    '32 1 8:2 / /other rw - ext4 /dev/sda2 rw',
  ].join('\n');
  assert.deepEqual(await mountsOf({ mountinfo }), ['8:1 ext4 /bind', '8:2 ext4 /other']);
});

test('readMounts decodes escapes, and keeps other bytes', async () => {
  const mountinfo = [
    '30 1 8:1 / /a\\040b\\011c\\134d\\\\e rw - ext4 /dev/sda1 rw',
    '31 1 8:2 / /caf\xc3\xa9\xc3\xa0/\xff rw - ext4 /dev/sda2 rw',
    '32 1 8:3 / /not\\400\\08\\000 rw - ext4 /dev/sda3 rw',
  ].join('\n');
  assert.deepEqual(await mountsOf({ mountinfo }), [
    '8:1 ext4 /a b\tc\\d\\e',
    '8:2 ext4 /caf\xc3\xa9\xc3\xa0/\xff',
    '8:3 ext4 /not\\400\\08\\000',
  ]);
});

test('readMounts ends the optional fields at the first lone hyphen', async () => {
  const mountinfo = [
    '30 1 8:1 / /x rw shared:1 - ext4 /dev/sda1 rw - xfs /dev/sda2 rw',
    '31 1 8:2 / /y - - ext4 /dev/sda1 rw',
  ].join('\n');
  assert.deepEqual(await mountsOf({ mountinfo }), ['8:1 ext4 /x', '8:2 - /y']);
});

test('readMounts skips invalid lines', async () => {
  const mountinfo = [
    '',
    'nonsense',
    '30 1 8:1 / /nodash rw ext4 /dev/sda1 rw',
    '30 1 eight:1 / /x rw - ext4 /dev/sda1 rw',
    '31 1 8:2 / /ok rw master:1 propagate_from:2 - ext4 /dev/sda2 rw',
  ].join('\n');
  assert.deepEqual(await mountsOf({ mountinfo }), ['8:2 ext4 /ok']);
});

test('readMounts omits a btrfs whose source is not a block device, and logs a missing source', async () => {
  using folder = temporaryFolder();
  symlinkSync('/dev/null', folder.file('device'));
  const log = collectingLogger();
  const mountinfo = [
    `30 1 0:31 / /a rw - btrfs ${folder.file('device')} rw`,
    `31 1 0:32 / /b rw - btrfs ${folder.path} rw`,
    `32 1 0:33 / /c rw - btrfs ${folder.file('missing')} rw`,
    '33 1 8:1 / /d rw - btrfs /dev/sda1 rw',
  ].join('\n');
  assert.deepEqual(await mountsOf({ mountinfo }, log), ['8:1 btrfs /d']);
  assert.deepEqual(log.lines, [
    `syslog: failed to stat device file '${folder.file('missing')}': No such file or directory`,
  ]);
});

test('readMounts falls back to the list of mounts without mountinfo', async () => {
  using folder = temporaryFolder();
  const mounts = [
    'proc /proc proc rw 0 0',
    `${folder.path} /bind ext4 rw 0 0`,
    '/share /smb cifs rw 0 0',
    `${folder.file('gone')} /first\\040one ext4 rw 0 0`,
    '/dev/null /second ext4 rw 0 0',
    '',
  ].join('\n');
  assert.deepEqual(await mountsOf({ mounts }), ['0:0 ext4 /first one']);
});

test('readMounts reports the second list if both are missing', async () => {
  await assert.rejects(mountsOf({}), { message: "failed to open mtab file: '/proc/self/mounts'" });
});
