import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connect, isGuestError, openTransport } from '@guestwire/client';

describe('a vsock target', () => {
  test('rejects a missing guest with advice', async () => {
    await assert.rejects(connect('vsock:4294967290:4294967294'), (error) => {
      assert.ok(isGuestError(error, 'closed'), String(error));
      assert.match(
        error.message,
        /^cannot open vsock:4294967290:4294967294: (no guest with this context id|this kernel has no vsock|this machine has no vsock)/,
      );
      return true;
    });
  });

  test('is not opened if the signal has already fired', async () => {
    const target = { kind: 'vsock', cid: 3, port: 1234 } as const;
    await assert.rejects(openTransport(target, AbortSignal.abort()), { name: 'AbortError' });
  });

  for (const [cid, port] of [
    [-1, 1],
    [3, -1],
    [2 ** 32 - 1, 1],
    [3, 2 ** 32 - 1],
    [1.5, 1],
    [Number.NaN, 1],
  ] as const) {
    test(`rejects the address ${cid}:${port}`, async () => {
      await assert.rejects(openTransport({ kind: 'vsock', cid, port }), TypeError);
    });
  }
});
