import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLogins, utmpLayout } from '../../../src/guest/system/utmp.js';
import { utmpRecord } from '../../support/utmp-record.js';

const BOOT = 2;
const LOGIN = 6;
const DEAD = 8;

const layouts = {
  x64: utmpLayout('x64', true),
  arm64: utmpLayout('arm64', true),
  s390x: utmpLayout('s390x', false),
};

for (const [arch, layout] of Object.entries(layouts)) {
  const record = (entry: Parameters<typeof utmpRecord>[0]) => utmpRecord(entry, layout);
  const read = (...records: Buffer[]) => readLogins(Buffer.concat(records), layout);

  test(`readLogins on ${arch} lists each user once, with the earliest login, in the order of first appearance`, () => {
    const logins = read(
      record({ type: BOOT, user: 'reboot', seconds: 1 }),
      record({ user: 'alice', seconds: 1_700_000_000, microseconds: 123_456 }),
      record({ type: LOGIN, user: 'LOGIN', seconds: 2 }),
      record({ user: 'bob', seconds: 1_700_000_001 }),
      record({ user: 'alice', seconds: 1_600_000_000, microseconds: 999_999 }),
      record({ user: 'alice', seconds: 1_800_000_000 }),
      record({ type: DEAD, user: 'carol', seconds: 3 }),
    );
    assert.deepEqual(logins, [
      { user: 'alice', since: 1_600_000_000.999_999 },
      { user: 'bob', since: 1_700_000_001 },
    ]);
  });

  test(`readLogins on ${arch} ignores an incomplete record`, () => {
    const whole = record({ user: 'alice', seconds: 5 });
    for (let length = 0; length < whole.length; length += 1) {
      assert.deepEqual(read(whole.subarray(0, length)), []);
      assert.equal(read(whole, whole.subarray(0, length)).length, 1);
    }
  });

  test(`readLogins on ${arch} ends a name after 32 bytes, and reads times after 2038`, () => {
    assert.deepEqual(read(record({ user: 'x'.repeat(40), seconds: 0x9000_0000 })), [
      { user: 'x'.repeat(32), since: 0x9000_0000 },
    ]);
  });
}

test('readLogins treats names with different bytes as different users', () => {
  const records = ['ff', 'fe'].map((hex) => utmpRecord({ user: Buffer.from(hex, 'hex'), seconds: 1 }));
  assert.deepEqual(
    readLogins(Buffer.concat(records), utmpLayout()).map(({ user }) => user),
    ['\ufffd', '\ufffd'],
  );
});
