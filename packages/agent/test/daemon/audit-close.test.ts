import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { closeAudit } from '../../src/daemon/audit.js';

test('closeAudit waits 1.5 seconds for a disk that does not respond', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    let isClosed = false;
    const closed = closeAudit({ close: () => new Promise(() => {}) }).then(() => {
      isClosed = true;
    });
    mock.timers.tick(1499);
    await setImmediate();
    assert.equal(isClosed, false);
    mock.timers.tick(1);
    await closed;
  } finally {
    mock.timers.reset();
  }
});
