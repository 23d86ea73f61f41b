import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isGuestError } from '@guestwire/client';
import type { Stand } from './stand.js';

/** Tests of calls. */
export function describeCalls(stand: Stand): void {
  describe('Guest.call', () => {
    test("returns the agent's version and commands", async () => {
      const { version, supported_commands: known } = await stand.guest.call('guest-info');
      assert.match(version, /^\d+\.\d+/);
      const names = new Set(known.map(({ name }) => name));
      for (const absent of stand.options.absent) assert.ok(!names.has(absent), `${absent} is there`);
      for (const present of ['guest-ping', 'guest-exec', 'guest-file-open']) assert.ok(names.has(present));
    });

    for (const absent of stand.options.absent) {
      test(`rejects ${absent} with unsupported`, async () => {
        await assert.rejects(stand.guest.callRaw(absent), (error) => isGuestError(error, 'unsupported'));
        await stand.guest.call('guest-ping');
      });
    }

    test('checks replies and keeps 64-bit integers exact', async () => {
      assert.equal(
        await stand.guest.call('guest-sync', { id: 9_223_372_036_854_775_807n }),
        9_223_372_036_854_775_807n,
      );
      assert.ok((await stand.guest.call('guest-get-time')) > 1_700_000_000_000_000_000n);
      assert.ok((await stand.guest.call('guest-get-host-name'))['host-name'].length > 0);
      assert.ok((await stand.guest.call('guest-network-get-interfaces')).length > 0);
    });

    test('returns each concurrent caller its own reply', async () => {
      const ids = Array.from({ length: 50 }, (_, i) => i + 1);
      assert.deepEqual(await Promise.all(ids.map((id) => stand.guest.call('guest-sync', { id }))), ids);
    });

    test("rejects with the guest's class and text, and the next call succeeds", async () => {
      await assert.rejects(stand.guest.call('guest-file-read', { handle: 1 }), (error) => {
        assert.ok(isGuestError(error, 'command'));
        assert.equal(error.class, 'GenericError');
        assert.equal(error.desc, "handle '1' has not been found");
        return true;
      });
      await stand.guest.call('guest-ping');
    });

    test('ignores the reply to an aborted call', async () => {
      await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          const caller = new AbortController();
          const call = stand.guest.call('guest-sync', { id: 1000 + i }, { signal: caller.signal });
          setImmediate(() => caller.abort());
          await call.catch((error: unknown) => assert.ok(isGuestError(error, 'aborted')));
        }),
      );
      assert.equal(await stand.guest.call('guest-sync', { id: 7 }), 7);
    });
  });
}
