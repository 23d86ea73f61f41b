import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isEnding, isEndingStatus } from '../../src/daemon/process-status.js';

function statusOf(state: string, pending: string, shared: string): string {
  return `Name:\tguestd\nState:\t${state}\nSigQ:\t0/7\nSigPnd:\t${pending}\nShdPnd:\t${shared}\nSigBlk:\t0000000000000100\n`;
}

const NONE = '0000000000000000';

for (const { what, status, ending } of [
  { what: 'a zombie', status: statusOf('Z (zombie)', NONE, NONE), ending: true },
  { what: 'an uninterruptible call', status: statusOf('D (disk sleep)', NONE, NONE), ending: false },
  {
    what: 'an uninterruptible call and SIGKILL pending for its thread',
    status: statusOf('D (disk sleep)', '0000000000000100', NONE),
    ending: true,
  },
  {
    what: 'an uninterruptible call and SIGKILL pending for all threads',
    status: statusOf('D (disk sleep)', NONE, '0000000000004100'),
    ending: true,
  },
  {
    what: 'an uninterruptible call and SIGTERM pending',
    status: statusOf('D (disk sleep)', NONE, '0000000000004000'),
    ending: false,
  },
]) {
  test(`isEndingStatus is ${ending} for a process with ${what}`, () => {
    assert.equal(isEndingStatus(status), ending);
  });
}

test('isEnding is false for a running process and for none', () => {
  assert.deepEqual([isEnding(process.pid), isEnding(2 ** 31)], [false, false]);
});
