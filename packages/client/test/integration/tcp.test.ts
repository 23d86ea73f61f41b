import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { connect, isGuestError } from '@guestwire/client';
import { Base64Data } from '@guestwire/protocol';
import { fakeGuest } from '@guestwire/testing';
import { serve } from '../support/serve.js';

function portOf(address: unknown): number {
  assert.ok(typeof address === 'object' && address !== null && 'port' in address);
  return Number(address.port);
}

/** A closed port: one that was just released. */
async function unusedPort(host: string): Promise<number> {
  const server = createServer().listen({ host, port: 0 });
  await once(server, 'listening');
  const port = portOf(server.address());
  server.close();
  await once(server, 'close');
  return port;
}

describe('a tcp target', () => {
  for (const [host, written] of [
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '[::1]'],
  ] as const) {
    test(`carries small and large messages over ${host}`, async () => {
      const much = Buffer.alloc(3_000_000, 'guestwire');
      const server = await serve({ host, port: 0 }, () =>
        fakeGuest({
          'guest-file-read': () => ({
            count: much.length,
            'buf-b64': Base64Data.fromBytes(much),
            eof: true,
          }),
        }),
      );
      try {
        const target = `tcp:${written}:${portOf(server.address())}`;
        await using guest = await connect(target);
        assert.equal(guest.target, target);
        const read = await guest.call('guest-file-read', { handle: 1, count: much.length });
        assert.ok(read['buf-b64'].decode().equals(much));
      } finally {
        server.close();
      }
    });

    test(`rejects a closed port of ${host} with advice`, async () => {
      const port = await unusedPort(host);
      await assert.rejects(connect(`tcp:${written}:${port}`), (error) => {
        assert.ok(isGuestError(error, 'closed'));
        assert.ok(
          error.message.startsWith(`cannot open tcp:${written}:${port}: connection refused;`),
          error.message,
        );
        return true;
      });
    });
  }

  test('rejects an unknown host with advice', async () => {
    await assert.rejects(
      connect('tcp:guestwire.invalid:5000'),
      (error) => isGuestError(error, 'closed') && /name|host of this name/.test(error.message),
    );
  });

  test('rejects a pending call when the peer closes', async () => {
    const fake = fakeGuest({
      'guest-ping': async () => {
        await fake.disconnect();
      },
    });
    const server = await serve({ host: '127.0.0.1', port: 0 }, () => fake);
    try {
      await using guest = await connect(`tcp:127.0.0.1:${portOf(server.address())}`);
      await assert.rejects(guest.call('guest-ping'), (error) => isGuestError(error, 'closed'));
    } finally {
      server.close();
    }
  });
});
