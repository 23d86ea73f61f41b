import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { AuditFile } from '../../../src/audit/audit-file.js';
import { AuditQueue } from '../../../src/audit/queue.js';
import { verify } from '../../../src/audit/verify.js';
import { numberedEntry } from '../../support/audit-lines.js';
import { collectingLogger } from '../../support/logger.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const ENTRIES = 200;

test('an audit log on a full disk continues with the entries that waited, and marks the incomplete line', {
  skip: process.getuid?.() !== 0 && 'mounting a small filesystem needs root',
}, async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  using folder = temporaryFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'none', folder.path]);
  try {
    const path = folder.file('audit.log');
    const log = collectingLogger();
    const queue = new AuditQueue({ target: new AuditFile(path, log), log });
    for (let i = 1; i <= ENTRIES; i += 1) queue.add(numberedEntry(i));
    await queue.flush();
    assert.deepEqual(log.lines, ['error: cannot write to the audit log: No space left on device']);
    const full = readFileSync(path, 'utf8');
    assert.notEqual(full.at(-1), '\n');
    assert.equal(verify([path]).ok, false);
    execFileSync('mount', ['-o', 'remount,size=1m', folder.path]);
    context.mock.timers.tick(1000);
    await queue.flush();
    await queue.close();
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    // All of them, the incomplete line, and the entry that marks it.
    assert.equal(lines.length, ENTRIES + 2);
    assert.ok(lines.some((line) => line.includes('"event":"truncated"')));
    const result = verify([path]);
    assert.deepEqual([result.ok, result.ok && result.entries], [true, ENTRIES + 1]);
  } finally {
    execFileSync('umount', ['-l', folder.path]);
  }
});

test('an audit log that is emptied by another program continues its chain', async () => {
  using folder = temporaryFolder();
  const path = folder.file('audit.log');
  const file = new AuditFile(path, collectingLogger());
  await file.write([numberedEntry(1), numberedEntry(2)]);
  writeFileSync(path, '');
  await file.write([numberedEntry(3)]);
  await file.close();
  const result = verify([path]);
  assert.deepEqual([result.ok, result.ok && result.entries], [true, 1]);
  assert.match(`${result.ok && result.continues}`, /^(?!0{64})[0-9a-f]{64}$/);
});

/** Writes entries to the file as an agent that starts and ends. */
async function append(path: string, ...numbers: number[]): Promise<void> {
  const file = new AuditFile(path, collectingLogger());
  await file.open();
  await file.write(numbers.map(numberedEntry));
  await file.close();
}

for (const [what, rest, entries] of [
  ['two incomplete lines', '{"time":"2026\n{"ti', 4],
  ['an incomplete line with a newline', '{"time":"2026\n', 4],
  ['an empty line', '\n', 4],
  ['nothing', '', 3],
] as const) {
  test(`an audit log continues its chain behind ${what}`, async () => {
    using folder = temporaryFolder();
    const path = folder.file('audit.log');
    await append(path, 1, 2);
    appendFileSync(path, rest);
    await append(path, 3);
    const result = verify([path]);
    assert.deepEqual(result.ok ? result.entries : result, entries);
  });
}

test('an audit log begins behind what is left of its first two writes', async () => {
  using folder = temporaryFolder();
  const path = folder.file('audit.log');
  writeFileSync(path, '{"time":"2026\n{"ti', { mode: 0o600 });
  await append(path, 1);
  const result = verify([path]);
  assert.deepEqual(result.ok ? result.entries : result, 2);
});

test('an entry of which only the newline is missing remains an entry', async () => {
  using folder = temporaryFolder();
  const path = folder.file('audit.log');
  await append(path, 1, 2);
  writeFileSync(path, readFileSync(path).subarray(0, -1));
  await append(path, 3);
  const result = verify([path]);
  assert.deepEqual(result.ok ? result.entries : result, 3);
});

test('an audit log that is rotated behind an incomplete line mentions it in the new file', async () => {
  using folder = temporaryFolder();
  const [path, old] = [folder.file('audit.log'), folder.file('audit.log.1')];
  await append(path, 1, 2);
  appendFileSync(path, '{"time":"2026\n{"ti');
  const file = new AuditFile(path, collectingLogger());
  await file.open();
  renameSync(path, old);
  await file.open();
  await file.write([numberedEntry(3)]);
  await file.close();
  assert.match(readFileSync(path, 'utf8'), /^.*"event":"truncated"/);
  const both = verify([old, path]);
  assert.deepEqual(both.ok ? both.entries : both, 4);
  assert.equal(verify([path]).ok, true);
});

test('an audit log without an entry at its end is set aside, and any other file is refused', async () => {
  using folder = temporaryFolder();
  const path = folder.file('audit.log');
  await append(path, 1);
  appendFileSync(path, 'x'.repeat(2_000_000));
  const log = collectingLogger();
  const file = new AuditFile(path, log);
  await file.open();
  await file.write([numberedEntry(2)]);
  await file.close();
  assert.equal(verify([path]).ok, true);
  assert.match(log.lines.join(), /^error: the end of the audit log is damaged; it is \S+\.damaged-\S+Z now/);
  assert.equal(readdirSync(folder.path).length, 2);
  const foreign = folder.file('foreign');
  writeFileSync(foreign, 'x'.repeat(2_000_000), { mode: 0o600 });
  await assert.rejects(new AuditFile(foreign, log).open(), /is not an audit log/);
});
