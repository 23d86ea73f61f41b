import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { asFilesystemUser, getgrouplist } from '../../src/filesystem-user.js';

const alice = { uid: 4711, gid: 4712, groups: [4712] };

describe('asFilesystemUser', {
  skip: process.getuid?.() === 0 ? false : 'rights of another user: run the tests as root',
}, () => {
  let folder: string;
  let secret: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'guestwire-posix-'));
    chmodSync(folder, 0o777);
    secret = join(folder, 'secret');
    writeFileSync(secret, 'x', { mode: 0o600 });
  });
  after(() => rmSync(folder, { recursive: true }));

  test('has the rights of the user, and then its own again, also after an exception', () => {
    assert.throws(() => asFilesystemUser(alice, () => readFileSync(secret)), { code: 'EACCES' });
    assert.equal(readFileSync(secret, 'utf8'), 'x');
    assert.equal(
      asFilesystemUser(alice, () => 7),
      7,
    );
  });

  test('creates files with the ids of the user', () => {
    const path = join(folder, 'new');
    asFilesystemUser(alice, () => writeFileSync(path, ''));
    const { uid, gid } = statSync(path);
    assert.deepEqual([uid, gid], [alice.uid, alice.gid]);
  });

  test('has the supplementary groups of the user, and not those of the process', () => {
    const shared = join(folder, 'shared');
    writeFileSync(shared, 'x', { mode: 0o640 });
    const before = process.getgroups?.() ?? [];
    process.setgroups?.([0]);
    try {
      assert.throws(() => asFilesystemUser(alice, () => readFileSync(shared)), { code: 'EACCES' });
      const member = { ...alice, groups: [4712, 0] };
      assert.equal(
        asFilesystemUser(member, () => readFileSync(shared, 'utf8')),
        'x',
      );
      assert.deepEqual(process.getgroups?.(), [0]);
    } finally {
      process.setgroups?.(before);
    }
  });

  test('leaves other threads their rights', async () => {
    const reads = Array.from({ length: 200 }, () => readFile(secret, 'utf8'));
    asFilesystemUser(alice, () => {
      for (let count = 0; count < 2000; count += 1) statSync(folder);
    });
    assert.deepEqual(new Set(await Promise.all(reads)), new Set(['x']));
  });

  test('is refused to a process that is not root', () => {
    process.seteuid?.(65534);
    try {
      assert.throws(() => asFilesystemUser(alice, () => 7), { code: 'EPERM' });
      assert.equal(
        asFilesystemUser({ ...alice, uid: 65534 }, () => 7),
        7,
      );
    } finally {
      process.seteuid?.(0);
    }
  });
});

test('getgrouplist returns the primary group, and those that list the user', async () => {
  assert.ok((await getgrouplist('root', 0)).includes(0));
  assert.deepEqual(await getgrouplist('no-such-user', 4712), [4712]);
});
