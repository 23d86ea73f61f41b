import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fakeGuest } from '@guestwire/testing';
import { fakeOnSocket } from '../support/fake-on-socket.js';
import { guestctl } from '../support/guestctl.js';

describe('guestctl wait', () => {
  test('waits for an agent whose socket does not exist yet', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'guestctl-'));
    await using fake = fakeGuest();
    try {
      const path = join(folder, 'q.sock');
      const waiting = guestctl(['wait', '--to', `unix:${path}`]);
      await fake.listen(path);
      const { status, out } = await waiting;
      assert.equal(status, 0);
      assert.match(out, /^agent replied after .* m?s\n$/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('prints the address', async () => {
    let asked = 0;
    await using guest = await fakeOnSocket({
      'guest-network-get-interfaces': () => [
        {
          name: 'eth0',
          'ip-addresses':
            asked++ === 0 ? [] : [{ 'ip-address': '192.0.2.7', 'ip-address-type': 'ipv4', prefix: 24 }],
        },
      ],
    });
    const { out } = await guestctl(['wait', 'address', '--interval', '1ms', '--to', guest.target]);
    assert.equal(out, '192.0.2.7\n');
    const { out: json } = await guestctl(['wait', 'address', 'eth0', '--json', '--to', guest.target]);
    assert.match(json, /^\{"milliseconds": \d+, "address": "192\.0\.2\.7"\}\n$/);
  });

  test('prints the exit status of a process', async () => {
    await using guest = await fakeOnSocket({ 'guest-exec-status': () => ({ exited: true, exitcode: 3 }) });
    const { status, out } = await guestctl(['wait', 'process', '4711', '--to', guest.target]);
    assert.equal(status, 0);
    assert.equal(out, 'process exited with status 3\n');
  });

  test('waits for a command', async () => {
    await using guest = await fakeOnSocket();
    const { status, out } = await guestctl(['wait', 'command', 'guest-exec', '--to', guest.target]);
    assert.equal(status, 0);
    assert.match(out, /^condition met after /);
  });

  test('exits with 3 after --timeout, with or without a guest', async () => {
    await using guest = await fakeOnSocket();
    for (const target of [guest.target, 'unix:/proc/nonexistent']) {
      const { status, err } = await guestctl([
        'wait',
        'command',
        'no-such',
        '--timeout',
        '50ms',
        '--to',
        target,
      ]);
      assert.equal(status, 3);
      assert.equal(err, `guestctl: ${target}: timed out after 50 ms\n`);
    }
  });

  for (const words of [['dinner'], ['command'], ['process'], ['process', 'x'], ['agent', 'x']]) {
    test(`rejects ${words.join(' ')}`, async () => {
      await using guest = await fakeOnSocket();
      const { status } = await guestctl(['wait', ...words, '--to', guest.target]);
      assert.equal(status, 2);
      assert.deepEqual(guest.fake.commands, []);
    });
  }
});
