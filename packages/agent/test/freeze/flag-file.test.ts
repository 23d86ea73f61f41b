import assert from 'node:assert/strict';
import { existsSync, statSync, symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { FlagFile } from '../../src/freeze/flag-file.js';
import { collectingLogger } from '../support/logger.js';
import { temporaryFolder } from '../support/temporary-folder.js';

test('FlagFile exists from write to remove, and can be written twice', async () => {
  using folder = temporaryFolder();
  const log = collectingLogger();
  using flag = new FlagFile(folder.path, log);
  assert.equal(await flag.identity(), undefined);
  await flag.write();
  await flag.write();
  assert.equal(statSync(folder.file('qga.state.isfrozen')).mode & 0o7777, 0o600);
  await flag.remove();
  assert.equal(await flag.identity(), undefined);
  assert.deepEqual(log.lines, []);
});

test('FlagFile logs an existing file without verbose logging, too', async () => {
  using folder = temporaryFolder();
  const log = collectingLogger();
  using flag = new FlagFile(folder.path, log);
  await flag.write();
  assert.match((await flag.identity()) ?? '', /^\d+:\d+$/);
  flag.reportCrash();
  assert.match(log.lines.join(), /^critical: the last agent ended while filesystems were frozen/);
});

test('FlagFile does not follow a link of another user', async () => {
  using folder = temporaryFolder();
  const log = collectingLogger();
  symlinkSync('elsewhere', folder.file('qga.state.isfrozen'));
  using flag = new FlagFile(folder.path, log);
  await flag.write();
  assert.equal(existsSync(folder.file('elsewhere')), false);
  assert.match(log.lines.join(), /^warning: unable to create .*qga\.state\.isfrozen/);
});
