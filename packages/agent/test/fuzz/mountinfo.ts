import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';
import { readMounts } from '../../src/guest/storage/mounts.js';
import { fuzzFile } from '../support/fuzz-file.js';
import { collectingLogger } from '../support/logger.js';

const file = fuzzFile('proc/self/mountinfo');

export const target: FuzzTarget = {
  name: 'mountinfo',
  invariants:
    'never throws; mount points without NUL, each device once, for exactly the lines of a field-by-field model',
  covers: ['agent/dist/src/guest/storage/mounts'],
  seeds: [
    '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n23 22 0:21 / /proc rw - proc proc rw\n',
    '24 22 8:2 / /mnt/a\\040b rw - xfs /dev/sda2 rw\n25 22 8:2 /x /y rw master:1 propagate_from:2 - xfs /dev/sda2 rw\n',
    '26 22 0:40 /@ /home rw - btrfs /dev/null rw\n27 22 7:0 / /snap\\134x\\011\\012 ro - squashfs /dev/loop0 ro\n',
    '28 22 8:5 / /a - - ext4 /dev/sda5 rw\n',
  ],
  dictionary: [
    ' - ',
    '-',
    ' / ',
    '8:1',
    '0:1',
    '\\040',
    '\\134',
    '\\012',
    '\\000',
    '\\',
    ' ext4 ',
    ' btrfs ',
    '/dev/null',
    '\n',
  ],
  structure: ['lines', 'tokens'],
  async run(input) {
    const log = collectingLogger();
    // The kernel writes no NUL.
    const text = input.toString('latin1').replaceAll('\0', ' ');
    const mounts = await readMounts({ root: file.write(Buffer.from(text, 'latin1')), log });
    const devices = mounts.map(({ major, minor }) => `${major}:${minor}`);
    assert.equal(new Set(devices).size, devices.length, 'a device twice');
    const expected = modelOf(text);
    for (const { directory, type, major, minor } of mounts) {
      if (type === 'btrfs' && major !== 0 && !expected.has(`${major}:${minor}`)) continue;
      assert.equal(expected.get(`${major}:${minor}`), type);
      assert.ok(directory.length > 0);
    }
    const isFound = new Set(devices);
    for (const device of expected.keys()) assert.ok(isFound.has(device), `${device} is missing`);
    return `${Math.min(mounts.length, 4)} ${log.lines.length > 0}`;
  },
};

/** Types by device number, by splitting lines at spaces. */
function modelOf(text: string): ReadonlyMap<string, string> {
  const types = new Map<string, string>();
  for (const line of text.split('\n')) {
    const fields = line.replace(/^ +/, '').split(/ +/);
    const [id = '', parent = '', device = '', root, directory, ...rest] = fields;
    const [, major = '', minor = ''] = /^(\d+):(\d+)$/.exec(device) ?? [];
    const dash = rest.indexOf('-');
    const [type = '', source = ''] = dash < 0 ? [] : rest.slice(dash + 1);
    const isComplete = /^\d+$/.test(id) && /^\d+$/.test(parent) && root !== undefined && source !== '';
    if (!isComplete || directory === undefined || type === '' || Number(major) === 0) continue;
    const key = `${Number(major)}:${Number(minor)}`;
    if (!types.has(key)) types.set(key, type);
  }
  return types;
}
