import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EIO, systemError } from '@guestwire/posix';
import type { Entry } from '../../src/audit/entry.js';
import { AuditQueue } from '../../src/audit/queue.js';
import { numberedEntry } from '../support/audit-lines.js';
import { later } from '../support/later.js';
import { collectingLogger } from '../support/logger.js';

/** A target in memory, which may fail or take time. */
function memoryTarget() {
  const written: unknown[] = [];
  const target = {
    written,
    opened: 0,
    failure: undefined as Error | undefined,
    gate: Promise.resolve() as Promise<unknown>,
    async open() {
      target.opened += 1;
    },
    async write(entries: readonly Entry[]) {
      await target.gate;
      if (target.failure !== undefined) throw target.failure;
      // Like a full disk, it takes fewer than it is given.
      const some = entries.slice(0, 2);
      for (const { fields } of some) written.push(fields['pid'] ?? { dropped: fields['count'] });
      return some.length;
    },
    async close() {},
  };
  return target;
}

const size = numberedEntry(1).line.length;

test('AuditQueue writes all entries in order, though the target takes only some at a time', async () => {
  const target = memoryTarget();
  const queue = new AuditQueue({ target, log: collectingLogger() });
  for (let i = 1; i <= 5; i += 1) queue.add(numberedEntry(i));
  await queue.flush();
  assert.deepEqual(target.written, [1, 2, 3, 4, 5]);
});

test('AuditQueue writes nothing while it is held, and counts what it has no memory for', async () => {
  const target = memoryTarget();
  const queue = new AuditQueue({ target, log: collectingLogger(), limit: 4 * size });
  queue.hold(true);
  for (let i = 1; i <= 9; i += 1) queue.add(numberedEntry(i));
  queue.reopen();
  await queue.flush();
  assert.deepEqual([target.written, target.opened], [[], 0]);
  assert.equal(queue.problem, 'too many entries wait for the audit log');
  queue.hold(false);
  await queue.flush();
  queue.add(numberedEntry(3));
  await queue.flush();
  assert.deepEqual(target.written, [1, 2, 3, 4, { dropped: 5 }, 3]);
  assert.deepEqual([target.opened, queue.problem], [1, undefined]);
});

test('AuditQueue keeps entries while the target fails, logs that once, and tries again', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const target = memoryTarget();
  const log = collectingLogger();
  const queue = new AuditQueue({ target, log });
  target.failure = systemError(EIO, 'write');
  queue.add(numberedEntry(1));
  await queue.flush();
  queue.add(numberedEntry(2));
  context.mock.timers.tick(1000);
  await queue.flush();
  assert.equal(queue.problem, 'the audit log cannot be written');
  assert.deepEqual(log.lines, ['error: cannot write to the audit log: Input/output error']);
  target.failure = undefined;
  context.mock.timers.tick(1000);
  await queue.flush();
  assert.deepEqual([target.written, queue.problem], [[1, 2], undefined]);
});

test('AuditQueue.flush tries again at once after a failure, since it may be the last attempt', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const target = memoryTarget();
  const queue = new AuditQueue({ target, log: collectingLogger() });
  target.failure = systemError(EIO, 'write');
  queue.add(numberedEntry(1));
  await queue.flush();
  target.failure = undefined;
  await queue.flush();
  assert.deepEqual([target.written, queue.problem], [[1], undefined]);
});

test('AuditQueue does not wait for a slow target', async () => {
  const target = memoryTarget();
  const gate = later<void>();
  target.gate = gate.promise;
  const queue = new AuditQueue({ target, log: collectingLogger(), limit: 3 * size });
  for (let i = 1; i <= 9; i += 1) queue.add(numberedEntry(i));
  assert.deepEqual(target.written, []);
  gate.settle();
  await queue.flush();
  assert.deepEqual(target.written, [1, 2, 3, { dropped: 6 }]);
});
