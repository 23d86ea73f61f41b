import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { userDatabase } from '../../../src/guest/account/user-database.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

test('userDatabase skips lines whose user or group is not a number of 32 bits', async () => {
  using root = temporaryFolder();
  mkdirSync(root.file('etc'));
  const invalid = ['', '-1', '0.1', '1e3', 'x', '4294967295', '99999999999'];
  const lines = invalid.flatMap((id) => [`user:x:${id}:100::/a:`, `user:x:100:${id}::/b:`]);
  writeFileSync(root.file('etc/passwd'), [...lines, 'user:x:1000:100::/home/user:', ''].join('\n'));
  const user = await userDatabase(root.path).find('user');
  assert.deepEqual([user?.uid, user?.gid, user?.home], [1000, 100, '/home/user']);
});
