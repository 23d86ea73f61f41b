import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { FlagFile } from '../../src/freeze/flag-file.js';
import { bootId, RecordFile } from '../../src/freeze/record.js';
import { type FreezeRecord, formatRecord } from '../../src/freeze/record-format.js';
import { StateFiles } from '../../src/freeze/state-files.js';
import { collectingLogger } from '../support/logger.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.js';

const FILESYSTEM = { major: 4095, minor: 0, type: 'ext4', directory: '/' };

function openFiles(folder: TemporaryFolder): Promise<StateFiles> {
  return StateFiles.open({ statedir: folder.path, root: folder.path, log: collectingLogger() });
}

function writeRecord(folder: TemporaryFolder, changes: Partial<FreezeRecord>): void {
  const record = { boot: bootId(''), pid: 1, leaseEnd: null, hooks: [], filesystems: [], ...changes };
  writeFileSync(folder.file('guestd.freeze'), formatRecord(record), { mode: 0o600 });
}

test('StateFiles reports a crash of this boot after a freeze that replaced a record of an earlier boot', async () => {
  using folder = temporaryFolder();
  writeRecord(folder, { boot: 'earlier', hooks: ['/hook'] });
  // Of another program, so that it does not end with the boot.
  writeFileSync(folder.file('qga.state.isfrozen'), '');
  {
    using first = await openFiles(folder);
    assert.equal(first.crash.isFrozen, true);
    await first.leave(undefined);
    await first.enter([FILESYSTEM], null);
  }
  using next = await openFiles(folder);
  assert.deepEqual(next.crash, { isFrozen: true, filesystems: [FILESYSTEM], leaseEnd: null });
});

test('StateFiles locks the record of an agent that was killed', async () => {
  using folder = temporaryFolder();
  writeRecord(folder, { filesystems: [FILESYSTEM] });
  using _ = await openFiles(folder);
  using record = await RecordFile.open(folder.path, '', collectingLogger());
  assert.equal(record.lock(), false);
});

test('StateFiles locks the flag file of an agent that has left no record', async () => {
  using folder = temporaryFolder();
  writeFileSync(folder.file('qga.state.isfrozen'), '');
  using _ = await openFiles(folder);
  using flag = new FlagFile(folder.path, collectingLogger());
  await flag.reopen();
  assert.equal(flag.lock(), false);
});
