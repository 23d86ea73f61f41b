import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { connect, isGuestError } from '@guestwire/client';
import { Base64Data } from '@guestwire/protocol';
import { fakeGuest } from '@guestwire/testing';
import { serve } from './support/serve.js';

function portOf(address: unknown): number {
  assert.ok(typeof address === 'object' && address !== null && 'port' in address);
  return Number(address.port);
}

/** A port on which nobody listens, since somebody just has. */
async function unusedPort(host: string): Promise<number> {
  const server = createServer().listen({ host, port: 0 });
  await once(server, 'listening');
  const port = portOf(server.address());
  server.close();
  await once(server, 'close');
  return port;
}

describe('a TCP port', () => {
  for (const [host, written] of [
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '[::1]'],
  ] as const) {
    test(`of ${host} carries a conversation, a large one too`, async () => {
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

    test(`of ${host} on which nobody listens is named, with what to look at`, async () => {
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

  test('of a host that does not exist is named, with what to look at', async () => {
    await assert.rejects(
      connect('tcp:guestwire.invalid:5000'),
      (error) => isGuestError(error, 'closed') && /name|host of this name/.test(error.message),
    );
  });

  test('that is closed in the middle ends the connection', async () => {
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
