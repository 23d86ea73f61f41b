import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PeerFilter, unixFilter, vsockFilter } from '../../src/transport/peer-filter.js';
import { collectingLogger } from '../support/logger.js';

const vsock = (cid: number) => ({ kind: 'vsock', cid, port: 700 }) as const;
const unix = (uid: number) => ({ kind: 'unix', pid: 7, uid, gid: uid }) as const;

const HOST = 2;
const NOBODY = 65534;

describe('vsockFilter', () => {
  test('admits the host only, and no local process, hypervisor or sibling', () => {
    const filter = vsockFilter({});
    assert.equal(filter.admits(vsock(HOST)), true);
    for (const cid of [0, 1, 3, 4294967295]) assert.equal(filter.admits(vsock(cid)), false);
    assert.equal(filter.admits(undefined), false);
    assert.equal(filter.admits(unix(0)), false);
  });

  test('admits the context ids of the list instead, or any', () => {
    const listed = vsockFilter({ vsockPeers: [1, 3] });
    assert.deepEqual(
      [1, 2, 3].map((cid) => listed.admits(vsock(cid))),
      [true, false, true],
    );
    assert.equal(vsockFilter({ vsockPeers: 'any' }).admits(vsock(9)), true);
  });
});

describe('unixFilter', () => {
  test('admits root and the own user of a socket without permissions, and the users of the list', () => {
    const own = process.geteuid?.() ?? 0;
    for (const [socketUsers, other] of [
      [undefined, false],
      [[], false],
      [[NOBODY], true],
      ['any', true],
    ] as const) {
      const filter = unixFilter({ socketUsers }, false);
      assert.deepEqual(
        [unix(0), unix(own), unix(NOBODY)].map((peer) => filter.admits(peer)),
        [true, true, other],
      );
    }
  });

  test('admits every peer of a socket with permissions, unless users are listed', () => {
    assert.equal(unixFilter({}, true).admits(undefined), true);
    assert.equal(unixFilter({ socketUsers: [1] }, true).admits(unix(NOBODY)), false);
    assert.equal(unixFilter({ socketUsers: [1] }, true).admits(undefined), false);
  });
});

describe('PeerFilter', () => {
  test('logs one refusal in ten seconds, with the number of those that it did not log', () => {
    const log = collectingLogger();
    let now = 0;
    const filter = new PeerFilter(
      () => false,
      'no',
      log,
      () => now,
    );
    for (let second = 0; second < 25; second += 1) {
      now = second * 1000;
      filter.admits(vsock(1));
    }
    assert.deepEqual(log.lines, [
      'error: refused a connection from vsock context id 1, port 700: no',
      'error: refused a connection from vsock context id 1, port 700: no; 9 more since the last message',
      'error: refused a connection from vsock context id 1, port 700: no; 9 more since the last message',
    ]);
  });
});
